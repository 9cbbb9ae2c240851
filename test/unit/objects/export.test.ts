import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Papa from "papaparse";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { parseInstantExactly } from "../../../src/model/time.ts";
import { columnsOf, type ExportRow } from "../../../src/objects/export/columns.ts";
import { startFile, type ExportPage, type FilePart } from "../../../src/objects/export/stream.ts";
import { FORMATS } from "../../../src/objects/export/writer.ts";
import { previewParquet } from "../../../src/objects/parquet/preview.ts";
import { EXPORT_FORMATS, type ExportFormat } from "../../../src/query/export.ts";
import { createRegistry } from "../../../src/schema/registry.ts";
import type { TypeDefinition } from "../../../src/schema/type.ts";
import { runs } from "../../support/run/figures.ts";

const definition = (strict: boolean): TypeDefinition => ({
  payloadType: "sample",
  version: "1.0.0",
  jsonSchema: {
    type: "object",
    properties: {
      text: { type: "string" },
      whole: { type: "integer" },
      number: { type: "number" },
      flag: { type: "boolean" },
      day: { type: "string", format: "date" },
      moment: { type: "string", format: "date-time" },
      words: { type: "array", items: { type: "string" } },
      counts: { type: "array", items: { type: "integer" } },
      tree: { type: "object" },
    },
  },
  indexes: [],
  defaults: {},
  relations: [],
  strict,
});

const registry = (strict: boolean) => createRegistry(1, [definition(strict)]);

const text = fc.string({ unit: "grapheme", maxLength: 12 });
const tree = fc
  .dictionary(fc.constantFrom("a", "__proto__", "b.c"), fc.jsonValue({ maxDepth: 2 }), {
    maxKeys: 3,
  })
  .map((value) => value as JsonObject);

const payload = fc
  .record(
    {
      text,
      whole: fc.maxSafeInteger(),
      number: fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .map((value) => (value === 0 ? 0 : value)),
      flag: fc.boolean(),
      day: fc.constantFrom("1999-12-31", "2026-02-28", "1900-01-01"),
      // The last ones are microseconds that a double cannot represent.
      moment: fc.constantFrom(
        "2026-01-01T00:00:00.000001Z",
        "1969-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59.999999Z",
        "2400-06-01T12:00:00.000001Z",
        "1583-01-01T00:00:00.000001Z",
      ),
      words: fc.array(text, { maxLength: 3 }),
      counts: fc.array(fc.maxSafeInteger(), { maxLength: 3 }),
      tree,
      extra: fc.jsonValue({ maxDepth: 1 }),
    },
    { requiredKeys: [] },
  )
  // As it is stored: JSON has no negative zero.
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);

const rowOf = (members: JsonObject, index: number): ExportRow => ({
  identifier: `sample/${index}`,
  payload_type: "sample",
  schema_version: "1.0.0",
  version: 1 + (index % 3),
  parent_identifier: index % 2 === 0 ? null : "root",
  derived_from: index % 3 === 0 ? null : '["a","b"]',
  license: index % 4 === 0 ? null : "CC0-1.0",
  access_level: "internal",
  created_at: 1_767_225_600_000_001 + index,
  updated_at: 1_767_225_600_000_002 + index,
  payload: JSON.stringify(members),
  children: "[]",
});

const page = (rows: readonly ExportRow[]): ExportPage => ({
  rows,
  registryVersion: 1,
  instant: 1_767_225_600_000_000,
});

async function* pagesOf(rows: readonly ExportRow[], size: number) {
  for (let at = 0; at === 0 || at < rows.length; at += size) yield page(rows.slice(at, at + size));
}

const fileOf = async (
  format: ExportFormat,
  rows: readonly ExportRow[],
  size: number,
): Promise<Uint8Array> => {
  const parts = await startFile({
    format,
    payloadTypes: ["sample"],
    selected: null,
    pages: pagesOf(rows, size),
    registryAt: async () => registry(false),
    request: { payload_type: "sample" },
    asOf: null,
  });
  const bytes: Uint8Array[] = [];
  for await (const part of parts as AsyncIterable<FilePart>) bytes.push(part.bytes);
  return Buffer.concat(bytes);
};

const folder = mkdtempSync(join(tmpdir(), "vxdata-export-"));
let connection: Awaited<ReturnType<DuckDBInstance["connect"]>>;
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(":memory:")).connect();
});
afterAll(() => {
  connection.closeSync();
  rmSync(folder, { recursive: true });
});

const ask = async (statement: string): Promise<readonly Record<string, Json>[]> =>
  (await connection.runAndReadAll(statement)).getRowObjectsJson();

const save = (bytes: Uint8Array): string => {
  const path = join(folder, "file.parquet");
  writeFileSync(path, bytes);
  return path;
};

/** Columns whose values a preview returns as in the payload. */
const SHOWN = "text number flag day words whole counts tree moment".split(" ");

const orNull = (value: Json | undefined): Json => value ?? null;

describe("a Parquet file of rows", () => {
  test("has every value, as DuckDB and the preview read it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(payload, { maxLength: 20 }),
        fc.integer({ min: 1, max: 7 }),
        async (payloads, size) => {
          const rows = payloads.map((members, index) => rowOf(members, index));
          const bytes = await fileOf("parquet", rows, size);
          const read = await ask(
            `SELECT *, epoch_us(moment)::VARCHAR AS micros, epoch_us(created_at)::VARCHAR AS created, day::VARCHAR AS day_text
           FROM read_parquet('${save(bytes)}')`,
          );
          const shown = JSON.parse(
            await previewParquet({
              size: bytes.length,
              read: async (start, end) => new Uint8Array(bytes.slice(start, end)),
              limit: 1_000,
              offset: 0,
            }),
          ) as { readonly data: readonly JsonObject[] };
          expect(read).toHaveLength(rows.length);
          for (const [index, members] of payloads.entries()) {
            const row = read[index] ?? {};
            const previewed = shown.data[index] ?? {};
            const source = rows[index];
            expect(row["identifier"]).toBe(source?.identifier);
            expect(row["created"]).toBe(String(source?.created_at));
            const micros = parseInstantExactly(String(members["moment"] ?? ""));
            expect(row["micros"]).toBe(micros === undefined ? null : String(micros));
            expect(row["derived_from"]).toEqual(JSON.parse(source?.derived_from ?? "[]"));
            expect(row["text"]).toBe(orNull(members["text"]));
            expect(row["number"]).toBe(orNull(members["number"]));
            expect(row["flag"]).toBe(orNull(members["flag"]));
            expect(row["day_text"]).toBe(orNull(members["day"]));
            expect(row["words"]).toEqual(orNull(members["words"]));
            expect(row["whole"]).toBe(
              members["whole"] === undefined ? null : String(members["whole"]),
            );
            expect(row["counts"]).toEqual(
              members["counts"] === undefined ? null : (members["counts"] as number[]).map(String),
            );
            for (const name of SHOWN) {
              expect({ name, value: previewed[name] }).toEqual({
                name,
                value: orNull(members[name]),
              });
            }
            const { extra } = members;
            expect(previewed["_other_members"]).toEqual(extra === undefined ? null : { extra });
          }
        },
      ),
      { numRuns: runs(60) },
    );
  }, 30_000);

  test("has the types of the fields, compressed with Snappy, and its origin", async () => {
    const path = save(
      await fileOf(
        "parquet",
        [rowOf({ tree: { a: 1 }, moment: "2026-01-01T00:00:00.000000Z" }, 1)],
        5,
      ),
    );
    const columns = await ask(`DESCRIBE SELECT * FROM read_parquet('${path}')`);
    const types = Object.fromEntries(
      columns.map((each) => [each["column_name"], each["column_type"]]),
    );
    expect(types).toMatchObject({
      identifier: "VARCHAR",
      derived_from: "VARCHAR[]",
      version: "BIGINT",
      created_at: "TIMESTAMP WITH TIME ZONE",
      whole: "BIGINT",
      number: "DOUBLE",
      flag: "BOOLEAN",
      day: "DATE",
      moment: "TIMESTAMP WITH TIME ZONE",
      words: "VARCHAR[]",
      counts: "BIGINT[]",
      tree: "JSON",
      _other_members: "JSON",
    });
    const codecs = await ask(`SELECT DISTINCT compression FROM parquet_metadata('${path}')`);
    expect(codecs).toEqual([{ compression: "SNAPPY" }]);
    const about = await ask(
      `SELECT decode(key) AS name, decode(value) AS text FROM parquet_kv_metadata('${path}')`,
    );
    expect(Object.fromEntries(about.map(({ name, text: value }) => [name, value]))).toEqual({
      query: '{"payload_type":"sample"}',
      as_of: "2026-01-01T00:00:00.000000Z",
      schema_version: '{"sample":["1.0.0"]}',
      license_summary: '{"CC0-1.0":1}',
    });
  });

  test("without rows has the columns, too", async () => {
    const path = save(await fileOf("parquet", [], 5));
    expect(await ask(`SELECT count(*)::INTEGER AS rows FROM read_parquet('${path}')`)).toEqual([
      { rows: 0 },
    ]);
    const columns = await ask(`DESCRIBE SELECT * FROM read_parquet('${path}')`);
    expect(columns.length).toBe(columnsOf(registry(false), ["sample"], null).length);
  });
});

test("of a closed type has no column for other members; select_columns chooses", () => {
  const names = (strict: boolean, selected: readonly string[] | null) =>
    columnsOf(registry(strict), ["sample"], selected).map(({ name }) => name);
  expect(names(true, null)).not.toContain("_other_members");
  expect(names(true, ["whole"])).toEqual(["identifier", "payload_type", "whole"]);
});

test("NDJSON has a line for each row, with the members of a response", async () => {
  const rows = [rowOf({ whole: 1, extra: { a: null } }, 2)];
  const lines = new TextDecoder().decode(await fileOf("ndjson", rows, 1)).split("\n");
  expect(lines.at(-1)).toBe("");
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    identifier: "sample/2",
    payload_type: "sample",
    parent_identifier: null,
    derived_from: ["a", "b"],
    license: "CC0-1.0",
    access_level: "internal",
    schema_version: "1.0.0",
    version: 3,
    created_at: "2026-01-01T00:00:00.000003Z",
    updated_at: "2026-01-01T00:00:00.000004Z",
    children: [],
    whole: 1,
    extra: { a: null },
  });
});

test("CSV has a header, lists as JSON, nothing for null", async () => {
  const file = new TextDecoder().decode(await fileOf("csv", [rowOf({ words: ['a"b'] }, 0)], 1));
  const { data } = Papa.parse<Record<string, string>>(file, {
    header: true,
    skipEmptyLines: true,
  });
  expect(data[0]).toMatchObject({
    identifier: "sample/0",
    parent_identifier: "",
    words: '["a\\"b"]',
  });
});

test("every format can be ordered", () => {
  expect(Object.keys(FORMATS).toSorted()).toEqual([...EXPORT_FORMATS].toSorted());
});
