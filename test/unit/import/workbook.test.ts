import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { compileMapping, type MappingPlan } from "../../../src/cli/import/compile.ts";
import { dryRun } from "../../../src/cli/import/dry-run.ts";
import { guessTable } from "../../../src/cli/import/guess.ts";
import type { Mapping } from "../../../src/cli/import/mapping.ts";
import { proposeMapping } from "../../../src/cli/import/propose.ts";
import { tableSource } from "../../../src/cli/import/source.ts";
import { workbook } from "../../support/fixtures/workbook.ts";

const folder = mkdtempSync(join(tmpdir(), "vxdata-workbook-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = join(folder, "scans.xlsx");
writeFileSync(
  path,
  workbook([
    ["Scan", "Scanned on", "Started", "SUV max", "Slices"],
    ["S1", { day: 46_143 }, { day: 46_143.4375 }, 7.25, 120],
    ["S2", { day: 46_144 }, null, "high", "many"],
  ]),
);

const propose = async (): Promise<Mapping> =>
  proposeMapping(path, await guessTable(path), {
    datasource: undefined,
    type: undefined,
    schemas: undefined,
  }).mapping;

const check = async (from: string, plan: MappingPlan, to: string) => {
  const source = tableSource(from, plan.mapping);
  const rejects = { path: to, form: source.rejected?.form };
  return dryRun({ source, plan, schemas: undefined, limit: 9, rejects, say: () => undefined });
};

it("keeps days and instants, and a column of numbers and words becomes text", async () => {
  const run = await check(path, compileMapping(await propose()), join(folder, "none.csv"));
  expect(run.examples.map((one) => one.at(-1))).toMatchObject([
    { scanned_on: "2026-05-01", started: "2026-05-01T10:30:00", suv_max: "7.25", slices: "120" },
    { scanned_on: "2026-05-02", suv_max: "high", slices: "many" },
  ]);
});

it("has its rejected rows in a CSV file that the same mapping reads", async () => {
  const mapping = structuredClone(await propose()) as {
    resources: { payload: Record<string, object> }[];
  };
  const [resource] = mapping.resources;
  Object.assign(resource?.payload["suv_max"] ?? {}, { type: "number" });
  const plan = compileMapping(mapping);
  const first = join(folder, "scans.rejected.csv");
  expect(await check(path, plan, first)).toMatchObject({ rows: 2, rejected: 1 });
  writeFileSync(first, readFileSync(first, "utf8").replace("high", "9.5"));
  const run = await check(first, plan, join(folder, "again.csv"));
  expect(run).toMatchObject({ rows: 1, rejected: 0 });
  expect(run.examples[0]?.at(-1)).toMatchObject({ scanned_on: "2026-05-02", suv_max: 9.5 });
});

it("has numbers in its rejected rows as the mapping reads them: 1.024 is not 1024", async () => {
  const file = join(folder, "commas.xlsx");
  const rows = [
    ["id", "dose", "rows"],
    ["a", 1.024, "many"],
    ["b", "1,5", "few"],
    ["c", 7.25, "none"],
  ];
  writeFileSync(file, workbook(rows));
  const plan = compileMapping({
    name: "commas",
    source: { format: "xlsx" },
    resources: [
      {
        identifier: "${id}",
        payload_type: "image",
        payload: {
          dose: { column: "dose", type: "number", decimal: "," },
          rows: { column: "rows", type: "integer" },
        },
      },
    ],
  });
  const first = join(folder, "commas.rejected.csv");
  expect(await check(file, plan, first)).toMatchObject({ rows: 3, rejected: 3 });
  writeFileSync(first, readFileSync(first, "utf8").replaceAll(/,(?:many|few|none),/g, ",7,"));
  const run = await check(first, plan, join(folder, "again.csv"));
  expect(run).toMatchObject({ rows: 3, rejected: 0 });
  expect(run.examples.map((one) => one.at(-1))).toMatchObject(
    [1.024, 1.5, 7.25].map((dose) => ({ dose, rows: 7 })),
  );
});
