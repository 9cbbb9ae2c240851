import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { exactCsvLine } from "../../../src/model/csv.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import type { Bucket } from "../../../src/objects/bucket.ts";
import { openTable } from "../../../src/objects/pipelines/table.ts";
import type { SourceResource } from "../../../src/schema/source/spec.ts";
import { seedOf } from "../../support/run/clock.ts";

const bucketOf = (text: string): Bucket => {
  const bytes = new TextEncoder().encode(text);
  const range = ({ offset = 0, length = bytes.length }: { offset?: number; length?: number }) =>
    bytes.subarray(offset, offset + length);
  return {
    head: async () => ({ size: bytes.length }),
    get: async (_key: string, options: { range: { offset?: number; length?: number } }) => ({
      bytes: async () => range(options.range),
      body: new Blob([range(options.range)]).stream(),
    }),
  } as unknown as Bucket;
};

const rowsOf = async (text: string, dialect: JsonObject = {}, names = ["comment"]) => {
  const fields = names.map((name) => ({ name, type: "string" }));
  const resource = {
    url: "https://data.example.org/t.csv",
    descriptor: { dialect },
    schema: { fields },
    steps: [],
  } as unknown as SourceResource;
  const table = await openTable(bucketOf(text), "key", resource);
  const rows: (readonly string[])[] = [];
  for await (const block of table.blocks(null, 1_000)) rows.push(...block.rows);
  return rows;
};

describe("a record with one empty text", () => {
  it.each([
    ['comment\nfirst\n""\nthird\n', [["first"], [""], ["third"]]],
    ['comment\r\nfirst\r\n""\r\nthird', [["first"], [""], ["third"]]],
    ['comment\rfirst\r""\rthird\r', [["first"], [""], ["third"]]],
    ['comment\n"first"\n\n""', [["first"], [""]]],
    ['comment\n\n\nfirst\n\n"a ""quote"""\n', [["first"], ['a "quote"']]],
  ])("is a row, and a line without anything is none: %j", async (text, expected) => {
    expect(await rowsOf(text)).toEqual(expected);
  });

  test("survives what the product itself writes", async () => {
    const cell = fc.constantFrom("", "a", '"', "a\nb", " ", "é");
    await fc.assert(
      fc.asyncProperty(fc.array(cell), async (cells) => {
        const text = ["comment", ...cells].map((one) => exactCsvLine([one])).join("");
        expect(await rowsOf(text)).toEqual(cells.map((one) => [one]));
      }),
      { seed: seedOf(process.env["FC_SEED"]) },
    );
  });

  test("is not taken for a comment's end", async () => {
    const text = 'comment\n# said "so"\n\n""\nlast\n';
    expect(await rowsOf(text, { commentChar: "#" })).toEqual([[""], ["last"]]);
  });
});

describe("an option of a dialect", () => {
  it.each([
    { escapeChar: "\\" },
    { doubleQuote: false },
    { nullSequence: String.raw`\N` },
    { lineTerminator: ";" },
    { headerRows: [1, 2] },
    { commentRows: [2] },
  ])("that is not obeyed is named: %j", async (dialect) => {
    const [name = ""] = Object.keys(dialect);
    await expect(rowsOf("comment\na\n", dialect as JsonObject)).rejects.toThrow(`dialect.${name}`);
  });

  it.each([
    {},
    { doubleQuote: true, lineTerminator: "\r\n", quoteChar: '"', caseSensitiveHeader: false },
    { escapeChar: null, nullSequence: null, headerRows: [1], commentRows: [] },
  ])("that says what is done is taken: %j", async (dialect) => {
    expect(await rowsOf("comment\na\n", dialect as JsonObject)).toEqual([["a"]]);
  });
});
