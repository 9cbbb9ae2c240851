import fc from "fast-check";
import Papa from "papaparse";
import { describe, expect, it } from "vitest";
import { createCsvSplitter, type RawRow } from "../../../src/cli/import/csv.ts";
import { seedOf } from "../../support/run/clock.ts";

const seed = seedOf(process.env["FC_SEED"]);

const split = (pieces: readonly string[], delimiter = ","): readonly RawRow[] => {
  const splitter = createCsvSplitter(delimiter);
  return [...pieces.flatMap((piece) => splitter(piece, false)), ...splitter("", true)];
};

const cellsOf = (rows: readonly RawRow[]) => rows.map((row) => ("cells" in row ? row.cells : row));

describe("CSV rows", () => {
  it("are the same however the text is cut into pieces", () => {
    const cell = fc.string({ unit: fc.constantFrom("a", "b", " ", ",", '"', "\n", "é", "😀") });
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1 });
    fc.assert(
      fc.property(table, fc.array(fc.nat(60)), fc.boolean(), (rows, cuts, quotes) => {
        const text = Papa.unparse(rows, { newline: "\n", quotes });
        const pieces: string[] = [];
        let rest = text;
        for (const cut of cuts) {
          pieces.push(rest.slice(0, cut));
          rest = rest.slice(cut);
        }
        expect(split([...pieces, rest])).toEqual(split([text]));
        expect(cellsOf(split([text]))).toEqual(rows);
      }),
      { seed },
    );
  });

  it("have the physical line they begin on, through blank lines and quoted line breaks", () => {
    const rows = split(['a,b\n\n"x\ny",2\n   \n3,4\n']);
    expect(rows).toEqual([
      { line: 1, cells: ["a", "b"] },
      { line: 3, cells: ["x\ny", "2"] },
      { line: 6, cells: ["3", "4"] },
    ]);
  });

  it("may end in \\r\\n, \\n or a mix of both, or in \\r alone", () => {
    const expected = [
      ["a", "b"],
      ["1", "2"],
      ["3", "4"],
    ];
    expect(cellsOf(split(["a,b\r\n1,2\n3,4\r\n"]))).toEqual(expected);
    expect(cellsOf(split(["a,b\r", "\n1,2\r\n3,4"]))).toEqual(expected);
    expect(cellsOf(split(["a,b\r1,2\r", "3,4\r"]))).toEqual(expected);
    expect(cellsOf(split(['a,"b"\r\n1,"2"\r\n3,4']))).toEqual(expected);
  });

  it("with a misplaced quote are refused as a whole, and reading continues with the next one", () => {
    const text = 'a,b\n1,"x"y\n3,4\n5,"one\ntwo,2\nthree"!\n7,8\n';
    for (let cut = 0; cut <= text.length; cut += 1) {
      const rows = split([text.slice(0, cut), text.slice(cut)]);
      expect(rows).toEqual([
        { line: 1, cells: ["a", "b"] },
        { line: 2, error: expect.stringContaining("text follows"), text: '1,"x"y' },
        { line: 3, cells: ["3", "4"] },
        {
          line: 4,
          error: expect.stringContaining("(lines 4 to 6 are one record)"),
          text: '5,"one\ntwo,2\nthree"!',
        },
        { line: 7, cells: ["7", "8"] },
      ]);
    }
  });

  it("in a quoted cell that is never closed are none, however long it is", () => {
    const lines = Array.from({ length: 200_000 }, (_, index) => `${index},not a row, but text`);
    const text = `a,b\n1,2\n5,"open\n${lines.join("\n")}\n`;
    const rows = split([text.slice(0, 100), text.slice(100, 3_000_000), text.slice(3_000_000)]);
    expect(rows.map(({ line }) => line)).toEqual([1, 2, 3]);
    expect(rows[2]).toMatchObject({ error: expect.stringContaining("(lines 3 to 200003 are") });
  });

  it.each(["\n", "\r\n", "\r"])(
    "of two quotes hold one empty cell, a blank line is none: %j",
    (end) => {
      const text = ["comment", "", '""', "last", ""].join(end);
      const rows = split([text.slice(0, 9), text.slice(9)]);
      expect(rows).toEqual([
        { line: 1, cells: ["comment"] },
        { line: 3, cells: [""] },
        { line: 4, cells: ["last"] },
      ]);
    },
  );

  it("keep a quote inside an unquoted cell", () => {
    expect(cellsOf(split(['size,unit\n5" tube,"in ""inch"""\n']))).toEqual([
      ["size", "unit"],
      ['5" tube', 'in "inch"'],
    ]);
  });
});
