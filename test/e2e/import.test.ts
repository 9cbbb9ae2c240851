import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/model/json.ts";
import { imageFile } from "../support/fixtures/dicom.ts";
import { ADMIN, adminToken, openTestServer, type TestServer } from "../support/servers/server.ts";

const ROOT = join(import.meta.dirname, "../..");
const NIH = join(ROOT, "../shared/data/nih-chestxray14/Data_Entry_2017_v2020.csv.gz");
const NIH_ROWS = 3_000;
/** Files of a folder that is imported with them. */
const IMAGES = 60;

let server: TestServer;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "vxdata-e2e-import-"));
  server = await openTestServer();
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** The exit code; null when it was killed. */
  readonly ended: Promise<number | null>;
}

const startImport = (words: readonly string[]): Run => {
  const script = join(ROOT, "src/cli/vxdata.ts");
  const child = spawn(process.execPath, [script, "import", "--url", server.url, ...words], {
    cwd: ROOT,
    env: { ...process.env, VXDATA_EMAIL: ADMIN.email, VXDATA_PASSWORD: ADMIN.password },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (bytes: Buffer) => {
      printed += bytes.toString();
    });
  }
  const ended = once(child, "close").then(([code]) => code as number | null);
  return { child, output: () => printed, ended };
};

const runImport = async (words: readonly string[]) => {
  const run = startImport(words);
  return { code: await run.ended, output: run.output() };
};

const ask = async (path: string, body: JsonObject): Promise<Json> => {
  const response = await fetch(`${server.url}${path}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${await adminToken(server.url)}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  const answer: unknown = await response.json();
  return answer as Json;
};

const count = async (payloadType: string, parent: string): Promise<Json> =>
  ask("/query/count", {
    payload_type: payloadType,
    parent_identifier: parent,
    include_indirect_parents: true,
  });

const mappingFor = (datasource: string): string => {
  const path = join(folder, `${datasource}.json`);
  const mapping = {
    name: datasource,
    datasource: { identifier: datasource, payload: { name: datasource } },
    patient: { external_uid: "${patient}" },
    study: { external_uid: "${patient}/${visit}" },
    resources: [
      {
        identifier: `${datasource}/\${id}`,
        payload_type: "image",
        parent: "${@study}",
        payload: {
          modality: { value: "DX" },
          rows: { column: "rows", type: "integer" },
          finding_labels: { column: "findings", split: "|" },
        },
      },
    ],
  };
  writeFileSync(path, JSON.stringify(mapping));
  return path;
};

/** Seven images per patient, in three studies each. */
const tableOf = (rows: number): string => {
  const path = join(folder, `table-${rows}.csv`);
  const lines = Array.from({ length: rows }, (_, index) => {
    const patient = Math.floor(index / 7);
    return `${index},${patient},${index % 3},${100 + (index % 900)},"Mass|Größe, ""3"""`;
  });
  writeFileSync(path, ["id,patient,visit,rows,findings", ...lines].join("\r\n"));
  return path;
};

const distinctOf = (rows: number, key: (index: number) => string): number =>
  new Set(Array.from({ length: rows }, (_, index) => key(index))).size;

const patientsIn = (rows: number): number =>
  distinctOf(rows, (index) => `${Math.floor(index / 7)}`);
const studiesIn = (rows: number): number =>
  distinctOf(rows, (index) => `${Math.floor(index / 7)}/${index % 3}`);

const expectTable = async (datasource: string, rows: number): Promise<void> => {
  expect(await count("image", datasource)).toEqual({ count: rows });
  expect(await count("patient", datasource)).toEqual({ count: patientsIn(rows) });
  expect(await count("study", datasource)).toEqual({ count: studiesIn(rows) });
  const identifiers = [`${datasource}/${rows - 1}`];
  const [last] = (await ask("/resources/read", { identifiers })) as readonly JsonObject[];
  const patient = String(patientsIn(rows)).padStart(6, "0");
  // Dense and in the order of the file, also after interruptions.
  expect(last?.["parent_identifier"]).toContain(`${datasource}.P${patient}.S`);
};

const pause = async (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, 10);
  });

const until = async (condition: () => boolean, run: Run): Promise<void> => {
  while (!condition() && run.child.exitCode === null) await pause();
};

const stateFile = (name: string): string => join(folder, `${name}.state.json`);

const settledIn = (path: string): number => {
  if (!existsSync(path)) return 0;
  return (JSON.parse(readFileSync(path, "utf8")) as { readonly settled: number }).settled;
};

describe("npm run import", () => {
  it("imports a generated table completely, and a second run creates nothing", async () => {
    const words = ["--mapping", mappingFor("gen-a"), tableOf(2_000)];
    const first = await runImport(words);
    expect(first.output).toContain("2,000 rows");
    expect(first.code).toBe(0);
    await expectTable("gen-a", 2_000);
    const [image] = (await ask("/resources/read", {
      identifiers: ["gen-a/8"],
    })) as readonly JsonObject[];
    expect(image).toMatchObject({ rows: 108, finding_labels: ["Mass", 'Größe, "3"'] });
    const second = await runImport(words);
    expect(second.code).toBe(0);
    expect(second.output).toMatch(/resources there already +2,000/);
    await expectTable("gen-a", 2_000);
  });

  it("ends with the same result when it is killed and run again", async () => {
    const state = stateFile("killed");
    const words = ["--mapping", mappingFor("gen-b"), "--batch", "200", "--state", state];
    const table = tableOf(5_000);
    const run = startImport([...words, table]);
    await until(() => settledIn(state) >= 5, run);
    run.child.kill("SIGKILL");
    expect(await run.ended).toBeNull();
    expect(settledIn(state)).toBeLessThan(25);
    const again = await runImport([...words, table]);
    expect(again.output).toContain("going on after row");
    expect(again.code).toBe(0);
    expect(existsSync(state)).toBe(false);
    await expectTable("gen-b", 5_000);
  });

  it("with files ends with the same result when it is killed and run again", async () => {
    const datasource = { identifier: "gen-f", payload_type: "datasource", name: "gen-f" };
    await ask("/resources/create", { resources: [datasource] });
    const scans = mkdtempSync(join(folder, "scans-"));
    const all = Array.from({ length: IMAGES }, (_, image) => imageFile(1, 1, 1, image + 1));
    for (const [index, bytes] of all.entries()) writeFileSync(join(scans, `${index}.dcm`), bytes);
    const words = ["--with-files", "--datasource", "gen-f", "--batch", "10", scans];
    // Each file that a resource names: its resource, its key and its digest.
    const filesOf = async (): Promise<readonly string[]> => {
      const query = { payload_type: "image", parent_identifier: "gen-f", limit: IMAGES };
      const found = await ask("/query", { ...query, include_indirect_parents: true });
      const { results } = found as unknown as { readonly results: readonly JsonObject[] };
      const named = results.filter((image) => typeof image["s3_path"] === "string");
      return named.map((image) =>
        [image["identifier"], image["s3_path"], image["sha256"]].join(" "),
      );
    };
    const run = startImport(words);
    while (run.child.exitCode === null && (await filesOf()).length === 0) await pause();
    run.child.kill("SIGKILL");
    expect(await run.ended, run.output()).toBeNull();
    const before = await filesOf();
    expect(before.length).toBeLessThan(IMAGES);
    const again = await runImport([...words, "--json"]);
    expect(again.code, again.output).toBe(0);
    const after = await filesOf();
    const digests = all.map((bytes) => createHash("sha256").update(bytes).digest("hex"));
    const sent = after.map((line) => line.split(" ")[2] ?? "");
    expect(sent.toSorted()).toEqual(digests.toSorted());
    // What was named before the kill was not sent again.
    expect(after).toEqual(expect.arrayContaining([...before]));
  });

  it("continues after its server is killed and started again", async () => {
    const state = stateFile("server");
    const words = ["--mapping", mappingFor("gen-c"), "--batch", "200", "--state", state];
    const run = startImport([...words, tableOf(5_000)]);
    await until(() => settledIn(state) >= 5, run);
    expect(run.child.exitCode, run.output()).toBeNull();
    await server.kill();
    await server.restart();
    expect(await run.ended, run.output()).toBe(0);
    await expectTable("gen-c", 5_000);
  });

  it("rejects bad rows by line and column, and imports all others", async () => {
    const table = join(folder, "bad.csv");
    const rejects = join(folder, "rejects.ndjson");
    writeFileSync(
      table,
      "id,patient,visit,rows,findings\n1,1,1,100,a\n2,1,1,many,a\n3,1,1,0,a\n4,1\n5,1,1,500,a\n",
    );
    const words = ["--mapping", mappingFor("gen-d"), "--rejects", rejects, table];
    const { code, output } = await runImport(words);
    expect(code).toBe(1);
    expect(output).toContain('line 3, rows: a whole number was expected, not "many"');
    const lines = readFileSync(rejects, "utf8").trim().split("\n");
    const rejected = lines.map((line) => (JSON.parse(line) as { readonly line: number }).line);
    expect(rejected.toSorted((left, right) => left - right)).toEqual([3, 4, 5]);
    expect(await count("image", "gen-d")).toEqual({ count: 2 });
  });

  it("with --dry-run checks a table against the server's schemas and sends nothing", async () => {
    const table = join(folder, "generic.csv");
    writeFileSync(
      table,
      "id,parent,type,modality,rows\na,,image,CT,12\nb,,image,CT,-1\nc,,picture,CT,1\n",
    );
    const words = ["--mapping", join(ROOT, "src/cli/mappings/generic.json"), "--dry-run", table];
    const { code, output } = await runImport(words);
    expect(code).toBe(1);
    expect(output).toContain("line 3: rows:");
    expect(output).toContain("line 4: there is no type picture");
    expect(await ask("/resources/read", { identifiers: ["a"] })).toEqual([]);
  });

  // The real table is not part of the project: it is beside it where the project is developed.
  const withNih = existsSync(NIH);
  it.skipIf(!withNih)(
    `imports ${NIH_ROWS} rows of NIH ChestX-ray14${withNih ? "" : " (skipped: the table is not on this machine)"}`,
    async () => {
      const mapping = join(ROOT, "src/cli/mappings/nih-chestxray14.json");
      const words = ["--mapping", mapping, "--limit", String(NIH_ROWS), NIH];
      const { code, output } = await runImport(words);
      expect(output).toContain("rows refused");
      expect(code).toBe(0);
      const lines = gunzipSync(readFileSync(NIH))
        .toString()
        .split("\n")
        .slice(1, NIH_ROWS + 1);
      const patients = new Set(lines.map((line) => line.split(",")[3]));
      const effusions = lines.filter((line) => line.split(",")[1]?.split("|").includes("Effusion"));
      expect(await count("image", "nih-cxr14")).toEqual({ count: NIH_ROWS });
      expect(await count("study", "nih-cxr14")).toEqual({ count: NIH_ROWS });
      expect(await count("patient", "nih-cxr14")).toEqual({ count: patients.size });
      expect(
        await ask("/query/count", {
          payload_type: "image",
          filters: { finding_labels: { contains: "Effusion" } },
        }),
      ).toEqual({ count: effusions.length });
    },
  );
});
