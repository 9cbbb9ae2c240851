import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import Papa from "papaparse";
import { expect, test } from "vitest";
import type { Json } from "../../../src/model/json.ts";
import { compileSchema, evaluate } from "../../../src/schema/keywords/compile.ts";
import { inspect } from "../../../src/schema/inspect.ts";
import { BUILTIN_TYPES } from "../../../src/schema/registry.ts";

// Published data that is not in the repository; each test needs its own folder.
const DATA = process.env["VXDATA_REAL_DATA"] ?? path.join("..", "shared", "data");
const SUITE = path.join(DATA, "json-schema-test-suite", "draft2020-12");
const NIH = path.join(DATA, "nih-chestxray14", "Data_Entry_2017_v2020.csv.gz");

interface SuiteCase {
  readonly description: string;
  readonly schema: Json;
  readonly tests: readonly {
    readonly description: string;
    readonly data: Json;
    readonly valid: boolean;
  }[];
}

/** `format` asserts dates and instants here; by default the standard only annotates. */
const DELIBERATE = [
  "format.json: invalid date string is only an annotation by default",
  "format.json: invalid date-time string is only an annotation by default",
];

test.skipIf(!existsSync(SUITE))(
  "the JSON Schema Test Suite (2020-12) is judged right wherever a schema is not refused",
  ({ annotate }) => {
    const wrong: string[] = [];
    let right = 0;
    let refused = 0;
    for (const file of readdirSync(SUITE).filter((name) => name.endsWith(".json"))) {
      const cases = JSON.parse(
        readFileSync(path.join(SUITE, file), "utf8"),
      ) as readonly SuiteCase[];
      for (const { schema, tests } of cases) {
        const { check, errors } = compileSchema(schema, "schema");
        for (const { description, data, valid } of tests) {
          if (errors.length > 0) refused += 1;
          else if ((evaluate(check, data, inspect(data, [])).length === 0) === valid) right += 1;
          else wrong.push(`${file}: ${description}`);
        }
      }
    }
    void annotate(`${right} right, ${wrong.length} wrong, ${refused} refused`);
    expect(wrong).toEqual(DELIBERATE);
    // Refused: other documents, embedded identifiers, dynamic references, patterns beyond RE2.
    expect(right).toBeGreaterThanOrEqual(1_160);
    expect(refused).toBeLessThanOrEqual(140);
  },
);

test.skipIf(!existsSync(NIH))("every row of the NIH ChestX-ray14 table fits the image type", () => {
  const csv = gunzipSync(readFileSync(NIH)).toString("utf8");
  const rows = Papa.parse<readonly string[]>(csv, { skipEmptyLines: true }).data.slice(1);
  const image = BUILTIN_TYPES.get("image");
  const bad = rows.flatMap((row) => {
    const [file, labels, followUp, , age, sex, view, width, height, spacingX, spacingY] = row;
    const result = image?.validate({
      modality: "DX",
      file_name: file ?? "",
      finding_labels: (labels ?? "").split("|"),
      follow_up_number: Number(followUp),
      patient_age_years: Number(age),
      patient_sex: sex ?? "",
      view_position: view ?? "",
      columns: Number(width),
      rows: Number(height),
      pixel_spacing_mm: [Number(spacingY), Number(spacingX)],
    });
    return result?.ok === true ? [] : [[file, result]];
  });
  expect(rows.length).toBe(112_120);
  expect(bad.slice(0, 3)).toEqual([]);
});
