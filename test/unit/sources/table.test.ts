import fc from "fast-check";
import Papa from "papaparse";
import { describe, expect, test } from "vitest";
import { exactCsvLine } from "../../../src/model/csv.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { blocksOf } from "../../../src/objects/pipelines/blocks.ts";
import { castRow, uniquenessOf } from "../../../src/schema/table/rows.ts";
import { columnsOf, readSchema } from "../../../src/schema/table/schema.ts";

/** The result for a table: the text of each value, or the error. */
const outcome = (
  schema: JsonObject,
  head: readonly string[] | null,
  rows: readonly (readonly string[])[],
): {
  readonly values: readonly (readonly (string | null)[])[];
  readonly faults: readonly string[];
} => {
  const read = readSchema(schema);
  const columns = columnsOf(read, head);
  const faults: string[] = [];
  const note = (row: number, field: string | null, expected: string): void => {
    faults.push(`${row} ${field ?? "-"}: ${expected}`);
  };
  const unique = uniquenessOf(
    read,
    columns,
    (text) => BigInt(`0x${Buffer.from(text).toString("hex")}`) % (1n << 61n),
  );
  const values = rows.map((cells, at) => {
    const found = castRow(columns, cells, at + 1, note);
    unique?.(found, at + 1, note);
    return found.map((each) => each?.text ?? null);
  });
  return { values, faults };
};

const one = (field: JsonObject, cell: string): string | null | undefined => {
  const { values, faults } = outcome({ fields: [{ name: "a", ...field }] }, ["a"], [[cell]]);
  return faults.length > 0 ? undefined : values[0]?.[0];
};

describe("a cell", () => {
  test.each<readonly [JsonObject, string, string]>([
    [{}, "Zürich", "Zürich"],
    [{ type: "string", format: "email" }, "a@b.org", "a@b.org"],
    [{ type: "string", format: "uri" }, "https://a.org/b", "https://a.org/b"],
    [
      { type: "string", format: "uuid" },
      "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10",
      "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10",
    ],
    [{ type: "string", format: "binary" }, "YQ==", "YQ=="],
    [{ type: "number" }, "1.50", "1.50"],
    [{ type: "number" }, "+007.5", "7.5"],
    [{ type: "number" }, ".5", "0.5"],
    [{ type: "number" }, "-1E3", "-1e3"],
    [{ type: "number" }, "INF", "INF"],
    [{ type: "number", groupChar: ",", decimalChar: "." }, "1,234.5", "1234.5"],
    [{ type: "number", bareNumber: false }, "EUR 95.00", "95.00"],
    [{ type: "integer" }, "-042", "-42"],
    [{ type: "integer" }, "98765432109876543210", "98765432109876543210"],
    [{ type: "integer", bareNumber: false }, "95%", "95"],
    [{ type: "boolean" }, "TRUE", "true"],
    [{ type: "boolean" }, "0", "false"],
    [{ type: "date" }, "2024-02-29", "2024-02-29"],
    [{ type: "date", format: "%d.%m.%y" }, "1.2.24", "2024-02-01"],
    [{ type: "date", format: "%d %B %Y" }, "3 March 2020", "2020-03-03"],
    [{ type: "date", format: "any" }, "2024/02/03", "2024-02-03"],
    [{ type: "time" }, "23:59:01", "23:59:01"],
    [{ type: "time", format: "%I:%M %p" }, "1:05 pm", "13:05:00"],
    [{ type: "datetime" }, "2024-02-03T04:05:06Z", "2024-02-03T04:05:06Z"],
    [{ type: "datetime" }, "2024-02-03T04:05:06.25+0130", "2024-02-03T04:05:06.25+01:30"],
    [{ type: "year" }, "1999", "1999"],
    [{ type: "yearmonth" }, "1999-12", "1999-12"],
    [{ type: "duration" }, "P1DT2H", "P1DT2H"],
    [{ type: "object" }, '{"a": 1}', '{"a": 1}'],
    [{ type: "array" }, "[1]", "[1]"],
    [{ type: "list", itemType: "integer" }, "1,2", "1,2"],
    [{ type: "geopoint" }, "8.5, 47.4", "8.5, 47.4"],
    [{ type: "geopoint", format: "array" }, "[8.5, 47.4]", "[8.5, 47.4]"],
    [{ type: "geopoint", format: "object" }, '{"lon": 8, "lat": 47}', '{"lon": 8, "lat": 47}'],
    [
      { type: "geojson" },
      '{"type": "Point", "coordinates": [1, 2]}',
      '{"type": "Point", "coordinates": [1, 2]}',
    ],
    [{ type: "any" }, "x", "x"],
    [{ constraints: { enum: ["a", "b"] } }, "b", "b"],
    [{ type: "number", constraints: { enum: [1] } }, "1.0", "1.0"],
    [{ constraints: { pattern: "[A-Z]{2}" } }, "AB", "AB"],
  ])("of the field %o may be %s", (field, cell, text) => {
    expect(one(field, cell)).toBe(text);
  });

  test.each<readonly [JsonObject, string]>([
    [{ type: "string", format: "email" }, "nobody"],
    [{ type: "string", format: "uri" }, "a b"],
    [{ type: "string", format: "binary" }, "Y"],
    [{ type: "number" }, "1,5"],
    [{ type: "number" }, "1.2.3"],
    [{ type: "number" }, "nan"],
    [{ type: "number" }, "."],
    [{ type: "number" }, "0x10"],
    [{ type: "integer" }, "1.0"],
    [{ type: "integer" }, ""],
    [{ type: "boolean" }, "yes"],
    [{ type: "date" }, "2023-02-29"],
    [{ type: "date" }, "03/02/2024"],
    [{ type: "date", format: "%Q" }, "2024"],
    [{ type: "time" }, "24:00:00"],
    [{ type: "datetime" }, "2024-02-03"],
    [{ type: "year" }, "99"],
    [{ type: "yearmonth" }, "1999-13"],
    [{ type: "duration" }, "P"],
    [{ type: "object" }, "[1]"],
    [{ type: "array" }, "[1"],
    [{ type: "list", itemType: "integer" }, "1,x"],
    [{ type: "geopoint" }, "181, 0"],
    [{ type: "geojson" }, '{"type": "Nothing"}'],
    [{ constraints: { enum: ["a"] } }, "A"],
    [{ constraints: { pattern: "[A-Z]{2}" } }, "ABC"],
    [{ constraints: { minLength: 2 } }, "a"],
    [{ constraints: { maxLength: 2 } }, "abc"],
    [{ type: "number", constraints: { minimum: 2 } }, "1.9"],
    [{ type: "number", constraints: { maximum: 2 } }, "10"],
    [{ type: "integer", constraints: { exclusiveMinimum: 2 } }, "2"],
    [{ type: "integer", constraints: { exclusiveMaximum: 2 } }, "2"],
    [{ type: "date", constraints: { minimum: "2024-01-01" } }, "2023-12-31"],
  ])("of the field %o may not be %s", (field, cell) => {
    const required = {
      ...field,
      constraints: { required: true, ...(field["constraints"] as JsonObject) },
    };
    expect(one(required, cell)).toBeUndefined();
  });
});

test("a number of a million characters is refused at once", () => {
  for (const type of ["integer", "number"]) {
    for (const text of [`${"0".repeat(1_000_000)}x`, `1${"a".repeat(1_000_000)}1`]) {
      expect(
        one({ type, bareNumber: false, constraints: { required: true } }, text),
      ).toBeUndefined();
    }
  }
});

describe("a table", () => {
  const fields = [
    { name: "id", type: "integer" },
    { name: "z", type: "number" },
  ];

  test("reports the row and the field of an error", () => {
    const rows = [["1", "2"], ["x", "3"], ["3"], ["4", "y"]];
    expect(outcome({ fields }, ["id", "z"], rows).faults).toEqual([
      "2 id: expected a whole number",
      "3 -: expected 2 cells and not 1",
      "4 z: expected a number",
    ]);
  });

  test("has its columns in any order, and missing values of its own", () => {
    const schema = { fields, missingValues: ["-"] };
    expect(outcome(schema, ["z", "id"], [["-", "7"]])).toEqual({
      values: [[null, "7"]],
      faults: [],
    });
    expect(outcome(schema, null, [["7", "1"]]).values).toEqual([["7", "1"]]);
  });

  test("refuses duplicate values, alone or together", () => {
    const unique = { fields: [{ ...fields[0], constraints: { unique: true } }, fields[1] ?? {}] };
    const rows = [
      ["1", "1"],
      ["2", "1"],
      ["1", "1"],
      ["", ""],
      ["", ""],
    ];
    expect(outcome(unique, ["id", "z"], rows).faults).toEqual([
      "3 id: expected a value that no row before has",
    ]);
    const key = { fields, primaryKey: ["id", "z"] };
    expect(outcome(key, ["id", "z"], rows).faults).toEqual([
      "3 id, z: expected a value that no row before has",
      "4 id: expected a value",
      "4 z: expected a value",
      "5 id: expected a value",
      "5 z: expected a value",
    ]);
  });

  test.each<readonly [JsonObject, readonly string[], RegExp]>([
    [{ fields }, ["id"], /column "z" is missing/],
    [{ fields }, ["id", "z", "q"], /column "q" is none/],
    [{ fields }, ["id", "z", "id"], /column "id" comes twice/],
    [{ fields: [{ name: "a", type: "text" }] }, ["a"], /type and a format of Table Schema/],
    [{ fields: [{ type: "string" }] }, ["a"], /name/],
    [{ fields: [{ name: "a", constraints: { pattern: "(" } }] }, ["a"], /regular expression/],
    [{ fields, primaryKey: "q" }, ["id", "z"], /names no field: q/],
    [{ fields: {} }, ["id"], /schema.fields: expected a list/],
    [{ fields: [...fields, ...fields] }, ["id"], /different names/],
  ])("with the schema %o and the header %o is refused", (schema, head, message) => {
    expect(() => outcome(schema, head, [])).toThrow(message);
  });

  test("of a schema that matches in part has more or fewer columns", () => {
    expect(
      outcome({ fields, fieldsMatch: "superset" }, ["q", "z", "id"], [["a", "1", "2"]]).values,
    ).toEqual([["1", "2"]]);
    expect(outcome({ fields, fieldsMatch: ["subset"] }, ["z"], [["1"]]).values).toEqual([["1"]]);
    expect(outcome({}, ["any", "thing"], [["1", ""]]).values).toEqual([["1", null]]);
  });
});

describe("blocks of records", () => {
  const all = async <Value>(values: AsyncIterable<Value>): Promise<readonly Value[]> => {
    const found: Value[] = [];
    for await (const value of values) found.push(value);
    return found;
  };

  async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }

  const cell = fc.string({
    unit: fc.constantFrom("a", "é", '"', ",", "\n", " ", "1", "𝄞"),
    maxLength: 8,
  });
  const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 3 }), { maxLength: 30 });
  const delimiters = { delimiter: ",", quote: '"', newline: "\n" } as const;

  test("end where records do, whatever pieces the bytes arrive in, and can be continued", async () => {
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 60 }),
        fc.option(fc.integer({ min: 1, max: 4 }), { nil: Number.POSITIVE_INFINITY }),
        fc.nat(),
        async (rows, chunk, size, most, pick) => {
          const bytes = new TextEncoder().encode(rows.map(exactCsvLine).join(""));
          const blocks = await all(blocksOf(inChunks(bytes, chunk), delimiters, 0, size, most));
          const texts = blocks.map((block) =>
            new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(block.bytes),
          );
          expect(texts.join("")).toBe(new TextDecoder().decode(bytes));
          const parsed = texts.flatMap((text) =>
            Papa.parse<string[]>(text, { delimiter: ",", newline: "\n" }).data.filter(
              (cells) => cells.length > 1,
            ),
          );
          for (const text of texts) {
            const records = Papa.parse(text, { delimiter: ",", newline: "\n" }).data;
            // A line end after the last record does not start another one.
            expect(records.length - 1).toBeLessThanOrEqual(most);
          }
          const plain = parsed.map((cells) =>
            cells.map((each, at) => (at === cells.length - 1 ? each.replace(/\r$/, "") : each)),
          );
          expect(plain).toEqual(rows);
          const from = blocks[pick % Math.max(1, blocks.length)];
          if (from === undefined) return;
          const rest = await all(
            blocksOf(
              inChunks(bytes.subarray(from.offset), chunk + 3),
              delimiters,
              from.offset,
              size,
              most,
            ),
          );
          expect(rest.map(({ offset }) => offset)).toEqual(
            blocks.filter(({ offset }) => offset >= from.offset).map(({ offset }) => offset),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  test("of a quote that never closes are given up before they fill the memory", async () => {
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      yield new TextEncoder().encode('a,"');
      for (;;) yield new Uint8Array(65_536).fill(97);
    };
    const read = all(blocksOf(endless(), delimiters, 0, 1_000));
    await expect(read).rejects.toThrow(/longer than 1048576 bytes/);
  });
});
