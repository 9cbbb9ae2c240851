import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compileMapping } from "../../../src/cli/import/compile.ts";
import { dryRun } from "../../../src/cli/import/dry-run.ts";
import type { Counts } from "../../../src/cli/import/report.ts";
import { type ImportRequest, rowsPerBatch, runImport } from "../../../src/cli/import/run.ts";
import { tableSource } from "../../../src/cli/import/source.ts";
import { loadState } from "../../../src/cli/import/state.ts";
import { createApiClient, UnreachableError } from "../../../src/cli/support/api-client.ts";
import { openStub, type Stub } from "./stub.ts";

const MAPPING = {
  name: "test",
  datasource: { identifier: "ds", payload: { name: "Test" } },
  patient: { external_uid: "${patient}", payload: { patient_sex: { column: "sex" } } },
  study: { external_uid: "${patient}/${visit}" },
  resources: [
    {
      identifier: "img/${id}",
      payload_type: "image",
      parent: "${@study}",
      payload: { rows: { column: "rows", type: "integer" } },
    },
  ],
};

const TREE = {
  name: "tree",
  resources: [{ identifier: "${id}", payload_type: "image", parent: "${parent}" }],
};

let stub: Stub;
let folder: string;
beforeEach(async () => {
  stub = await openStub();
  folder = mkdtempSync(join(tmpdir(), "vxdata-import-"));
});
afterEach(async () => {
  await stub.close();
  rmSync(folder, { recursive: true, force: true });
});

const table = (lines: readonly string[]): string => {
  const path = join(folder, "table.csv");
  writeFileSync(path, lines.join("\n"));
  return path;
};

const images = (count: number): readonly string[] => [
  "id,patient,visit,sex,rows",
  ...Array.from({ length: count }, (_, index) => {
    const patient = Math.floor(index / 3);
    return `${index},${patient},${index % 3},${patient % 2 === 0 ? "M" : "F"},${100 + index}`;
  }),
];

const request = (file: string, changes: Partial<ImportRequest> = {}): ImportRequest => {
  const plan = changes.plan ?? compileMapping(MAPPING);
  return {
    source: tableSource(file, plan.mapping),
    plan,
    client: createApiClient({ url: stub.url, patienceSeconds: 0.5 }),
    job: "job",
    statePath: join(folder, "state.json"),
    restart: false,
    itemsMax: 10,
    rowsPerBatch: rowsPerBatch(plan, 10),
    concurrency: 3,
    limit: Number.POSITIVE_INFINITY,
    existing: "verify",
    rejects: undefined,
    progress: {
      update: () => undefined,
      note: () => undefined,
      say: () => undefined,
      end: () => undefined,
    },
    ...changes,
  };
};

const contents = () => [...stub.resources].toSorted(([left], [right]) => (left < right ? -1 : 1));

describe("an import", () => {
  it("sends every row, with identifiers in the order of the file", async () => {
    const { counts } = await runImport(request(table(images(100))));
    expect(counts).toMatchObject({
      rows: 100,
      patients: 34,
      studies: 100,
      created: 100,
      rejected: 0,
    });
    expect(stub.resources.get("img/99")).toMatchObject({
      parent_identifier: "ds.P034.S001",
      rows: 199,
    });
    expect(stub.resources.get("ds.P002")).toMatchObject({ uid: "1", patient_sex: "F" });
    expect(stub.resources.size).toBe(1 + 34 + 100 + 100);
  });

  it("ends with the same result however often it is interrupted and run again", async () => {
    const file = table(images(100));
    await runImport(request(file));
    const expected = contents();
    await stub.close();
    stub = await openStub();
    let attempts = 0;
    let complete: Counts | undefined;
    while (complete === undefined && attempts < 100) {
      attempts += 1;
      // A few calls pass, then every call is lost, some of them after they were applied.
      const passing = Array.from({ length: 5 + (attempts % 7) }, () => undefined);
      const kind = attempts % 2 === 0 ? "drop-after" : "drop-before";
      const lost = Array.from({ length: 60 }, () => ({ kind }) as const);
      stub.faults.splice(0, stub.faults.length, ...passing, ...lost);
      const client = createApiClient({ url: stub.url, patienceSeconds: 0 });
      complete = await runImport(request(file, { client })).then(
        ({ counts }) => counts,
        () => undefined,
      );
    }
    expect(complete).toMatchObject({ rows: 100, patients: 34, studies: 100, rejected: 0 });
    expect(attempts).toBeGreaterThan(3);
    expect(contents()).toEqual(expected);
    expect(loadState(join(folder, "state.json"), "job")).toBeUndefined();
  });

  it("without its state finds everything there, and says so", async () => {
    const file = table(images(30));
    await runImport(request(file));
    stub.calls.length = 0;
    const { counts } = await runImport(request(file));
    expect(counts).toMatchObject({ created: 0, present: 30, rejected: 0 });
    // There are few round trips, although the server lists only the first errors of a batch.
    const requests = stub.calls.filter(({ path }) => path.startsWith("/resources/"));
    expect(requests.length).toBeLessThan(2 * 3 + 3);
  });

  it("starts over when the server lacks what the interrupted import had created", async () => {
    const file = table(images(30));
    stub.faults.push(...Array.from({ length: 9 }, () => undefined));
    stub.faults.push(...Array.from({ length: 60 }, () => ({ kind: "drop-before" }) as const));
    const client = createApiClient({ url: stub.url, patienceSeconds: 0 });
    await expect(runImport(request(file, { client }))).rejects.toThrow(UnreachableError);
    expect(loadState(join(folder, "state.json"), "job")?.settled).toBeGreaterThan(0);
    stub.faults.splice(0);
    stub.resources.clear();
    const { counts } = await runImport(request(file));
    expect(counts).toMatchObject({ rows: 30, created: 30 });
  });

  it("reports a resource that exists with other content, and does not change it", async () => {
    const file = table(images(3));
    await runImport(request(file));
    stub.resources.set("img/1", { ...stub.resources.get("img/1"), rows: 7 });
    const { counts, firstRejections } = await runImport(request(file));
    expect(counts).toMatchObject({ present: 2, rejected: 1 });
    expect(firstRejections).toEqual([
      "line 3: img/1 exists with another rows [exists_differently]",
    ]);
    const skipping = await runImport(request(file, { existing: "skip" }));
    expect(skipping.counts).toMatchObject({ present: 3, rejected: 0 });
    expect(stub.resources.get("img/1")).toMatchObject({ rows: 7 });
  });

  it("rejects only bad rows, and writes each with its line to the rejects file", async () => {
    stub.check = ({ identifier }) =>
      identifier === "img/5" ? { code: "invalid_value", detail: "too few rows" } : undefined;
    const lines = images(20).with(3, "2,0,2,M,many").with(8, "7,2,1");
    const rejectsPath = join(folder, "rejects.ndjson");
    const { counts, firstRejections } = await runImport(
      request(table(lines), { rejects: { path: rejectsPath } }),
    );
    expect(counts).toMatchObject({ rows: 20, created: 17, rejected: 3 });
    const rejects = readFileSync(rejectsPath, "utf8").trim().split("\n");
    expect(rejects.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        line: 4,
        column: "rows",
        code: "invalid_value",
        detail: 'a whole number was expected, not "many"',
      },
      { line: 9, code: "unreadable_row", detail: "5 cells were expected, not 3" },
      { line: 7, code: "invalid_value", detail: "identifier: too few rows" },
    ]);
    expect(firstRejections).toHaveLength(3);
  });

  it("accepts parents after their children, and rejects children whose parent never comes", async () => {
    const lines = ["id,parent"];
    for (let index = 0; index < 40; index += 1) lines.push(`n${index},n${index + 1}`);
    lines.push("n40,", "lost,nowhere");
    const plan = compileMapping(TREE);
    const { counts, firstRejections } = await runImport(request(table(lines), { plan }));
    expect(counts).toMatchObject({ rows: 42, created: 41, rejected: 1 });
    expect(firstRejections).toEqual([
      "line 43: identifier: nowhere does not exist [missing_reference]",
    ]);
  });

  it("accepts equal repeats once, and rejects the same identifier with other content", async () => {
    const plan = compileMapping(TREE);
    const lines = [
      "id,parent",
      "a,",
      "a,",
      "b,a",
      "b,",
      ...images(20).map((_, i) => `x${i},`),
      "a,",
    ];
    const { counts, firstRejections } = await runImport(request(table(lines), { plan }));
    expect(counts).toMatchObject({ created: 2 + 21, repeated: 1, present: 1, rejected: 1 });
    expect(firstRejections[0]).toContain("line 5: b was given on line 4 with other content");
  });

  it("imports only the first rows on request", async () => {
    const { counts } = await runImport(request(table(images(100)), { limit: 25 }));
    expect(counts).toMatchObject({ rows: 25, created: 25 });
  });

  it("refuses a table that lacks a column before anything is sent", async () => {
    const file = table(["id,patient,visit,sex", "1,1,1,M"]);
    await expect(runImport(request(file))).rejects.toThrow("${rows}: the table has no such column");
    expect([...stub.resources.keys()]).toEqual(["ds"]);
  });
});

describe("a dry run", () => {
  it("counts what would be created and sends nothing", async () => {
    const lines = images(10).with(3, "2,0,2,M,many");
    const schemas = {
      image: { type: "object", properties: { rows: { type: "integer", maximum: 108 } } },
      patient: { type: "object" },
      study: { type: "object" },
    };
    const plan = compileMapping(MAPPING);
    const options = {
      source: tableSource(table(lines), { name: "lines" }),
      plan,
      limit: 100,
      rejects: undefined,
      say: () => undefined,
    };
    const run = await dryRun({ ...options, schemas });
    expect(run).toMatchObject({ rows: 10, patients: 3, studies: 8, rejected: 2 });
    expect(Object.fromEntries(run.resources)).toEqual({ image: 8 });
    expect(run.firstRejections[0]).toContain("line 4, rows: a whole number was expected");
    expect(run.firstRejections[1]).toContain("line 11: rows: ");
    expect(run.examples[0]?.at(-1)).toMatchObject({ identifier: "img/0", rows: 100 });
    expect(stub.calls).toEqual([]);
    const blind = await dryRun({ ...options, schemas: undefined });
    expect(blind.rejected).toBe(1);
  });
});
