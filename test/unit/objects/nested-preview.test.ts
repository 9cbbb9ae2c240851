import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { FileMetaData, SchemaElement } from "hyparquet";
import { ByteWriter } from "hyparquet-writer";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";
import { expect, test } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import { appendColumn } from "../../../src/objects/parquet/encode.ts";
import { previewParquet } from "../../../src/objects/parquet/preview.ts";

const preview = async (bytes: Uint8Array): Promise<readonly JsonObject[]> => {
  const read = async (start: number, end: number): Promise<Uint8Array> => bytes.slice(start, end);
  const text = await previewParquet({ size: bytes.length, read, limit: 100, offset: 0 });
  return (JSON.parse(text) as { readonly data: readonly JsonObject[] }).data;
};

/** Integers of one column with their levels. */
interface Levels {
  readonly path: readonly string[];
  readonly rows: number;
  readonly present: readonly number[];
  readonly definitions: readonly number[];
  readonly definitionMax: number;
  readonly repetitions: readonly number[];
}

/** A file of one column, for schemas that current writers do not produce. */
const fileOf = (schema: SchemaElement[], levels: Levels): Uint8Array => {
  const sink = new ByteWriter();
  sink.appendBytes(new TextEncoder().encode("PAR1"));
  const about = appendColumn(sink, {
    path: levels.path,
    kind: "INT32",
    rows: levels.rows,
    present: levels.present,
    definitions: { levels: levels.definitions, max: levels.definitionMax },
    repetitions: levels.repetitions,
  });
  const metadata: FileMetaData = {
    version: 2,
    schema: [{ name: "root", num_children: 1 }, ...schema],
    num_rows: BigInt(levels.rows),
    row_groups: [
      {
        columns: [{ file_offset: 0n, meta_data: about }],
        total_byte_size: BigInt(sink.offset),
        num_rows: BigInt(levels.rows),
      },
    ],
    metadata_length: 0,
  };
  writeMetadata(sink, metadata);
  sink.appendBytes(new TextEncoder().encode("PAR1"));
  return sink.getBytes();
};

const integers = { type: "INT32", repetition_type: "REPEATED" } as const;

test("a repeated column may be empty and is never null", async () => {
  const file = fileOf([{ name: "codes", ...integers }], {
    path: ["codes"],
    rows: 3,
    present: [7, 8, 9],
    definitions: [0, 1, 1, 1],
    definitionMax: 1,
    repetitions: [0, 0, 1, 0],
  });
  expect(await preview(file)).toEqual([{ codes: [] }, { codes: [7, 8] }, { codes: [9] }]);
});

test("an empty list of two levels is distinguished from null", async () => {
  const list = {
    name: "codes",
    converted_type: "LIST",
    repetition_type: "OPTIONAL",
    num_children: 1,
  } as const;
  const file = fileOf([list, { name: "array", ...integers }], {
    path: ["codes", "array"],
    rows: 3,
    present: [7, 8],
    definitions: [0, 1, 2, 2],
    definitionMax: 2,
    repetitions: [0, 0, 0, 1],
  });
  expect(await preview(file)).toEqual([{ codes: null }, { codes: [] }, { codes: [7, 8] }]);
});

test("a repeated member of a struct is null only with the struct", async () => {
  const struct = { name: "scan", repetition_type: "OPTIONAL", num_children: 1 } as const;
  const file = fileOf([struct, { name: "echoes", ...integers }], {
    path: ["scan", "echoes"],
    rows: 3,
    present: [1],
    definitions: [0, 1, 2],
    definitionMax: 2,
    repetitions: [0, 0, 0],
  });
  expect(await preview(file)).toEqual([
    { scan: null },
    { scan: { echoes: [] } },
    { scan: { echoes: [1] } },
  ]);
});

test("a repeated group named array is the element of its list, with one member too", async () => {
  const list = {
    name: "scans",
    converted_type: "LIST",
    repetition_type: "REQUIRED",
    num_children: 1,
  } as const;
  const group = { name: "array", repetition_type: "REPEATED", num_children: 1 } as const;
  const member = { name: "slice", type: "INT32", repetition_type: "OPTIONAL" } as const;
  const file = fileOf([list, group, member], {
    path: ["scans", "array", "slice"],
    rows: 2,
    present: [5],
    definitions: [0, 1, 2],
    definitionMax: 2,
    repetitions: [0, 0, 1],
  });
  expect(await preview(file)).toEqual([{ scans: [] }, { scans: [{ slice: null }, { slice: 5 }] }]);
});

/** The file that DuckDB writes for a query. */
const written = async (query: string): Promise<Uint8Array> => {
  const folder = mkdtempSync(join(tmpdir(), "vxdata-"));
  try {
    const path = join(folder, "file.parquet");
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet)`);
    return new Uint8Array(readFileSync(path));
  } finally {
    rmSync(folder, { recursive: true });
  }
};

test("a map keeps each entry with its key, whatever the key is", async () => {
  const file = await written(`SELECT * FROM (VALUES
    (MAP {{'row': 1}: 'left', {'row': 2}: 'right'}, MAP {'\\x01\\x02'::BLOB: 10},
     MAP {'__proto__': 1, 'constructor': 2}, MAP {DATE '2024-01-02': true}, MAP {7: NULL}),
    (MAP {}, MAP {}, MAP {}, MAP {}, MAP {}),
    (NULL, NULL, NULL, NULL, NULL)) t(by_struct, by_bytes, by_name, by_day, by_number)`);
  const [first, second, third] = await preview(file);
  expect(first).toEqual({
    by_struct: [
      { key: { row: 1 }, value: "left" },
      { key: { row: 2 }, value: "right" },
    ],
    by_bytes: { "AQI=": 10 },
    by_name: Object.fromEntries([
      ["__proto__", 1],
      ["constructor", 2],
    ]),
    by_day: { "2024-01-02": true },
    by_number: { 7: null },
  });
  expect(second).toEqual({ by_struct: [], by_bytes: {}, by_name: {}, by_day: {}, by_number: {} });
  expect(Object.values(third ?? {})).toEqual([null, null, null, null, null]);
});

test("a struct keeps members of any name", async () => {
  const file = await written(
    `SELECT {'__proto__': 1, 'a.b': {'toString': [NULL, {'x': 2}]}} AS "odd.name"`,
  );
  const [row] = await preview(file);
  expect(JSON.stringify(row)).toBe(
    '{"odd.name":{"__proto__":1,"a.b":{"toString":[null,{"x":2}]}}}',
  );
});

const DATA =
  process.env["VXDATA_REAL_DATA"] ?? join(import.meta.dirname, "../../../../shared/data");

// The expected rows of these files have null for empty lists of two levels; DuckDB returns empty lists.
test.skipIf(!existsSync(DATA)).each(["adam_genotypes", "duckdb2557"])(
  "%s has the rows that DuckDB reads",
  async (name) => {
    const path = join(DATA, "hyparquet-testfiles", `${name}.parquet`);
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    const reader = await connection.runAndReadAll(`SELECT * FROM '${path}' LIMIT 100`);
    expect(await preview(new Uint8Array(readFileSync(path)))).toEqual(reader.getRowObjectsJson());
  },
);
