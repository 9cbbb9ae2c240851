import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parquetWriteBuffer, type ColumnSource } from "hyparquet-writer";
import { describe, expect, test } from "vitest";
import { AppError } from "../../../src/model/error.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../src/model/json.ts";
import { previewParquet } from "../../../src/objects/parquet/preview.ts";
import { runs } from "../../support/run/figures.ts";

interface Preview {
  readonly columns: readonly string[];
  readonly schema: readonly JsonObject[];
  readonly total_rows: number;
  readonly returned_rows: number;
  readonly data: readonly JsonObject[];
}

/** A file in memory that counts the bytes read. */
const fileOf = (bytes: Uint8Array) => {
  const counted = { bytes: 0 };
  const read = async (start: number, end: number): Promise<Uint8Array> => {
    counted.bytes += end - start;
    return bytes.slice(start, end);
  };
  return { size: bytes.length, read, counted };
};

const preview = async (bytes: Uint8Array, limit = 10_000, offset = 0): Promise<Preview> => {
  const { size, read } = fileOf(bytes);
  return JSON.parse(await previewParquet({ size, read, limit, offset })) as Preview;
};

/** The reason for which a file is refused; undefined when it is read. */
const refusal = async (bytes: Uint8Array): Promise<string | undefined> => {
  try {
    await preview(bytes);
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code !== "invalid_value" && error.code !== "too_large") throw error;
    return error.message;
  }
};

const file = (columnData: ColumnSource[], rowGroupSize = 1_000): Uint8Array =>
  new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize }));

describe("a preview", () => {
  const numbers = Array.from({ length: 100_000 }, (_, index) => index);
  const large = file([
    { name: "number", data: numbers, type: "INT32" },
    { name: "text", data: numbers.map((number) => `row ${number * 7919}`), type: "STRING" },
    { name: "half", data: numbers.map((number) => number / 2), type: "DOUBLE" },
  ]);

  test("of 100 rows reads less than a tenth of a file of 100,000", async () => {
    const { size, read, counted } = fileOf(large);
    const text = await previewParquet({ size, read, limit: 100, offset: 54_321 });
    const { data, total_rows } = JSON.parse(text) as Preview;
    expect(total_rows).toBe(100_000);
    expect(data).toHaveLength(100);
    expect(data[0]).toEqual({ number: 54_321, text: `row ${54_321 * 7919}`, half: 27_160.5 });
    expect(counted.bytes).toBeLessThan(size / 10);
  });

  test("crosses the borders of row groups, and ends where the file ends", async () => {
    const across = await preview(large, 2_500, 999);
    expect(across.data.map(({ number }) => number)).toEqual(numbers.slice(999, 3_499));
    expect((await preview(large, 10, 99_995)).data).toHaveLength(5);
    expect(await preview(large, 10, 100_000)).toMatchObject({ returned_rows: 0, data: [] });
  });

  test("changes no value that JSON cannot represent", async () => {
    const values = file([
      { name: "long", data: [2n ** 53n + 1n, -1n, null], type: "INT64" },
      { name: "double", data: [Number.NaN, Number.POSITIVE_INFINITY, -0.5], type: "DOUBLE" },
      {
        name: "bytes",
        data: [new Uint8Array([255, 0]), null, new Uint8Array()],
        type: "BYTE_ARRAY",
      },
      {
        name: "when",
        data: [new Date("2026-01-02T03:04:05.678Z"), new Date(0), null],
        type: "TIMESTAMP",
      },
      { name: "json", data: [{ a: [1] }, null, "text"], type: "JSON" },
      { name: "__proto__", data: ["x", "y", null], type: "STRING" },
    ]);
    const { data, schema } = await preview(values);
    expect(data[0]).toEqual(
      Object.fromEntries([
        ["long", "9007199254740993"],
        ["double", null],
        ["bytes", "/wA="],
        ["when", "2026-01-02T03:04:05.678Z"],
        ["json", { a: [1] }],
        ["__proto__", "x"],
      ]),
    );
    expect(data[1]).toMatchObject({
      long: -1,
      double: null,
      bytes: null,
      when: "1970-01-01T00:00:00.000Z",
    });
    expect(data[2]).toMatchObject({ long: null, double: -0.5, bytes: "", json: "text" });
    expect(schema[0]).toMatchObject({ name: "long", type: "INT64", nullable: true });
  });
});

describe("an invalid or hostile Parquet file", () => {
  const small = file([
    {
      name: "text",
      data: Array.from({ length: 300 }, (_, index) => `t${index % 9}`),
      type: "STRING",
    },
    { name: "whole", data: Array.from({ length: 300 }, (_, index) => index), type: "INT32" },
  ]);

  test("is refused with the reason", async () => {
    const encode = (text: string) => new TextEncoder().encode(text);
    expect(await refusal(new Uint8Array())).toContain("too short");
    expect(await refusal(encode("a,b\n1,2\n".repeat(10)))).toContain("PAR1");
    expect(await refusal(encode("PAR1PAR1PAR1"))).toContain("Parquet");
    expect(await refusal(encode(`PAR1${"x".repeat(20)}\u0000\u0000\u0000\u0000PARE`))).toContain(
      "encrypted",
    );
    const cut = small.slice(0, -9);
    expect(await refusal(cut)).toBeDefined();
  });

  test("is refused when its footer announces more than there is", async () => {
    const bytes = Uint8Array.from(small);
    new DataView(bytes.buffer).setUint32(bytes.length - 8, 0xff_ff_ff_f0, true);
    expect(await refusal(bytes)).toContain("longer than the file");
    // Decoding a number of a million bytes would take quadratic time.
    const endless = new Uint8Array(1_000_012).fill(0xff);
    endless.set([0x36], 4);
    new DataView(endless.buffer).setUint32(1_000_004, 1_000_000, true);
    endless.set(new TextEncoder().encode("PAR1"), 1_000_008);
    expect(await refusal(endless)).toBeDefined();
  });

  test("is read or refused whatever bytes are changed, and no rejection goes unhandled", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(small.length - 5), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        async (changes) => {
          const bytes = Uint8Array.from(small);
          for (const [at, value] of changes) bytes[at] = value;
          await refusal(bytes);
        },
      ),
      { numRuns: runs(3_000) },
    );
  }, 30_000);
});

const DATA =
  process.env["VXDATA_REAL_DATA"] ?? join(import.meta.dirname, "../../../../shared/data");
const filesIn = (folder: string): readonly string[] =>
  existsSync(join(DATA, folder))
    ? readdirSync(join(DATA, folder))
        .filter((name) => name.endsWith(".parquet"))
        .map((name) => join(DATA, folder, name))
    : [];

/** Equality, allowing for the preview's formats: bytes, instants and integers as strings. */
const isSame = (actual: Json, expected: Json): boolean => {
  if (actual === expected) return true;
  if (typeof actual === "string" && Array.isArray(expected)) {
    return Buffer.from(actual, "base64").equals(Uint8Array.from(expected as number[]));
  }
  if (typeof actual === "string" && typeof expected === "number")
    return Number(actual) === expected;
  if (typeof actual === "string" && typeof expected === "string") {
    // An instant without a four-digit year is returned as the stored microseconds.
    if (expected.startsWith("+")) return Number(actual) === Date.parse(expected) * 1_000;
    const isInstant = /^\d{4}-\d\d-\d\d/.test(expected);
    return isInstant
      ? Date.parse(actual) === Date.parse(expected)
      : Buffer.from(actual, "base64").toString() === expected;
  }
  if (typeof actual === "number" && typeof expected === "number") {
    return Math.abs(actual - expected) <= Math.abs(expected) * 1e-12;
  }
  if (Array.isArray(actual) && Array.isArray(expected)) {
    const items = expected as readonly Json[];
    return (
      actual.length === items.length &&
      actual.every((item: Json, at) => isSame(item, items[at] ?? null))
    );
  }
  if (!isJsonObject(actual) || !isJsonObject(expected)) return false;
  const names = new Set([...Object.keys(actual), ...Object.keys(expected)]);
  return [...names].every((name) => isSame(actual[name] ?? null, expected[name] ?? null));
};

const rowsOf = ({ data }: Preview): Json => data.map((row) => Object.values(row));

describe.skipIf(!existsSync(DATA))("real files", () => {
  /** Their expected rows are wrong; `nested-preview.test.ts` compares them with DuckDB. */
  const MISREAD = /adam_genotypes|duckdb2557/;
  const known = filesIn("hyparquet-testfiles").filter((path) => !MISREAD.test(path));

  test.each(known)("%s has the expected rows", async (path) => {
    const expected = JSON.parse(readFileSync(path.replace(/parquet$/, "json"), "utf8")) as Json;
    const actual = rowsOf(await preview(readFileSync(path)));
    const wrong = (actual as readonly Json[]).findIndex(
      (row, at) => !isSame(row, (expected as readonly Json[])[at] ?? null),
    );
    expect({ wrong, row: (actual as readonly Json[])[wrong] }).toEqual({
      wrong: -1,
      row: undefined,
    });
    expect((actual as readonly Json[]).length).toBe((expected as readonly Json[]).length);
  });

  /** Valid files that are refused: one decompresses to half a gigabyte, one has a broken dictionary. */
  const REFUSED = /large_string_map\.brotli|nation\.dict-malformed/;
  const good = filesIn("parquet-testing/data");

  test.each(good.filter((path) => !REFUSED.test(path)))("%s is read", async (path) => {
    expect(await refusal(readFileSync(path))).toBeUndefined();
  });

  test.each(good.filter((path) => REFUSED.test(path)))("%s is refused", async (path) => {
    expect(await refusal(readFileSync(path))).toMatch(/\w\.$/);
  });

  /** One of the bad files is only unusual, and can be read. */
  const bad = filesIn("parquet-testing/bad_data").filter((path) => !path.includes("43605"));

  test.each(bad)("%s is refused for a reason", async (path) => {
    expect(await refusal(readFileSync(path))).toMatch(/\w\.$/);
  });

  test("exist", () => {
    expect(known.length).toBeGreaterThanOrEqual(30);
  });
});
