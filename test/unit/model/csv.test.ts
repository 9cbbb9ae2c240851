import fc from "fast-check";
import Papa from "papaparse";
import { expect, test } from "vitest";
import { csvLine } from "../../../src/model/csv.ts";
import { runs } from "../../support/run/figures.ts";

test("CSV is parsed to what was written, with formulas disarmed", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.array(fc.string({ unit: "binary", maxLength: 8 }), { minLength: 2, maxLength: 4 }),
        { minLength: 1, maxLength: 5 },
      ),
      async (table) => {
        const { data } = Papa.parse<string[]>(table.map(csvLine).join(""), {
          delimiter: ",",
          newline: "\r\n",
        });
        const disarmed = (value: string): string =>
          /^[=+\-@\t\r]/.test(value) && !/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value)
            ? `'${value}`
            : value;
        expect(data.slice(0, -1)).toEqual(table.map((cells) => cells.map(disarmed)));
      },
    ),
    { numRuns: runs(300) },
  );
  expect(csvLine(["=1+1", "-5", "+1.5e3", "@SUM(A1)", "-x"])).toBe(
    "'=1+1,-5,+1.5e3,'@SUM(A1),'-x\r\n",
  );
});
