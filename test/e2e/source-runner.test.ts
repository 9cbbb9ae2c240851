// The embedded runner of a real server: it downloads sources, is killed, and other tools read its
// files.
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { openServer, read, send, type OwnServer } from "../support/servers/http.ts";
import { openMemoryWatch, type Measurement } from "../support/checks/live-memory.ts";
import { adminToken, openTestServer, type TestServer } from "../support/servers/server.ts";

/** When a run over many rows is in progress, on a machine of some years. */
const KILL_MILLIS = Number(process.env["SOURCE_KILL_MILLIS"] ?? 900);
const ROWS = Number(process.env["SOURCE_ROWS"] ?? 5_000);
/** The long run: it takes minutes. */
const IS_LONG = process.env["SOURCE_ROWS"] !== undefined;
/** Half of them are a file of more than one piece, in each format but Parquet. */
const LONG_ROWS = Math.max(48_000, ROWS);
/** Megabytes; half of the rows are more in each format. */
const GROWTH_MAX = 3;
/** Where the runner has finished a block of rows, and where it has stored a piece of a file. */
const PLACES = {
  steps: String.raw`await remember\(|rows\d* \+= records\d*\.length`,
  ends: String.raw`etags\d*\.push\(etag\d*\)`,
};

describe("a server with the embedded runner", () => {
  const answers = new Map<string, string>();
  const folder = mkdtempSync(join(tmpdir(), "vxdata-e2e-sources-"));
  let source: OwnServer;
  let server: TestServer;
  let owner: { readonly id: string; readonly bearer: string };

  beforeAll(async () => {
    const lines = Array.from({ length: ROWS }, (_, at) => `${at + 1},s-${at % 97},${at / 4}\n`);
    answers.set("/slices.csv", `id,series,z_mm\n${lines.join("")}`);
    source = await openServer(answers);
    server = await openTestServer(
      { ALLOW_PRIVATE_SOURCES: "true" },
      { inspected: IS_LONG, cronSeconds: 1 },
    );
    const bearer = await adminToken(server.url);
    const me = await read(`${server.url}/users/me`, { authorization: `Bearer ${bearer}` });
    owner = { id: me["id"] as string, bearer };
  });

  afterAll(async () => {
    await server.close();
    source.server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const authorized = () => ({ authorization: `Bearer ${owner.bearer}` });

  const upload = async (dataset: string, path = "slices.csv"): Promise<string> => {
    const { token } = (await read(`${server.url}/auth/authorize?service=source`, authorized())) as {
      readonly token: string;
    };
    const fields = [
      { name: "id", type: "integer", constraints: { unique: true } },
      { name: "series", type: "string" },
      { name: "z_mm", type: "number", constraints: { minimum: 0 } },
    ];
    const descriptor = {
      name: dataset,
      resources: [{ name: "slices", path, schema: { fields } }],
    };
    const url = `${source.url}datapackage.json`;
    const spec = {
      meta: { ownerid: owner.id, dataset, findability: "private" },
      inputs: [{ kind: "datapackage", url, parameters: { descriptor } }],
    };
    const answer = await send(`${server.url}/source/upload`, spec, { "auth-token": token });
    expect(answer.body["errors"]).toEqual([]);
    return answer.body["flow_id"] as string;
  };

  const statusOf = (flowId: string) => read(`${server.url}/source/${flowId}`, authorized());

  const ended = async (flowId: string, patienceMillis: number): Promise<JsonObject> => {
    const deadline = Date.now() + patienceMillis;
    for (;;) {
      const status = await statusOf(flowId);
      const isOver = status["state"] === "SUCCEEDED" || status["state"] === "FAILED";
      if (isOver || Date.now() > deadline) return status;
      await sleep(500);
    }
  };

  const download = async (path: string): Promise<Buffer> => {
    const { body } = await send(
      `${server.url}/s3/presign`,
      { direction: "download", path },
      authorized(),
    );
    const response = await fetch(body["url"] as string);
    expect(response.status).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  };

  const expectFiles = async (flowId: string, status: JsonObject): Promise<void> => {
    const descriptor = JSON.parse(String(await download(`${flowId}/datapackage.json`))) as {
      readonly resources: readonly { path: string; bytes: number; hash: string }[];
    };
    let bytes = 0;
    for (const { path, bytes: size, hash } of descriptor.resources) {
      const file = await download(`${flowId}/${path}`);
      const digest = createHash("sha256").update(file).digest("hex");
      expect([path, size, hash]).toEqual([path, file.length, `sha256:${digest}`]);
      bytes += size;
    }
    expect(status["stats"]).toMatchObject({ bytes, count_of_rows: ROWS });
    const parquet = join(folder, "slices.parquet");
    writeFileSync(parquet, await download(`${flowId}/data/slices_parquet.parquet`));
    const duck = await (await DuckDBInstance.create(":memory:")).connect();
    const rows = await duck.runAndReadAll(
      `SELECT count(*)::INT, sum(id)::DOUBLE, max(z_mm), count(DISTINCT series)::INT FROM '${parquet}'`,
    );
    const expected = [ROWS, (ROWS * (ROWS + 1)) / 2, (ROWS - 1) / 4, Math.min(97, ROWS)];
    expect(rows.getRows()).toEqual([expected]);
    const csv = String(await download(`${flowId}/data/slices_csv.csv`));
    expect(csv.replaceAll("\r\n", "\n")).toBe(answers.get("/slices.csv"));
  };

  test(
    `converts ${ROWS} rows at a local address to files that others can read`,
    { timeout: 900_000 },
    async () => {
      const started = Date.now();
      const flowId = await upload("rows");
      const status = await ended(flowId, 600_000);
      expect([status["state"], status["error_log"]]).toEqual(["SUCCEEDED", []]);
      console.log(`${ROWS} rows in ${Date.now() - started} ms`);
      await expectFiles(flowId, status);
    },
  );

  /** Measures the memory of the runner while it works on a table of so many rows of 230 bytes. */
  const measurementsAt = async (rows: number): Promise<readonly Measurement[]> => {
    const lines = Array.from({ length: rows }, (_, at) => {
      return `${at + 1},${`series ${at} `.padEnd(216, "of a study ")},${at / 4}\n`;
    });
    answers.set("/long.csv", `id,series,z_mm\n${lines.join("")}`);
    const watch = await openMemoryWatch(server, PLACES);
    try {
      return await watch.during(async () => {
        const status = await ended(await upload(`memory-${rows}`, "long.csv"), 600_000);
        expect([status["state"], status["error_log"]]).toEqual(["SUCCEEDED", []]);
      });
    } finally {
      await watch.close();
    }
  };

  const slowly = { timeout: 900_000 };
  test.runIf(IS_LONG)(
    `uses the same memory for ${LONG_ROWS} rows as for half of them`,
    slowly,
    async () => {
      const peak = (measurements: readonly Measurement[]): number =>
        Math.max(...measurements.map(({ heap, buffers }) => heap + buffers));
      const few = await measurementsAt(LONG_ROWS / 2);
      const many = await measurementsAt(LONG_ROWS);
      const where = new Set(many.map(({ at }) => at));
      for (const each of ["store", "checkRows", "convertRows"]) {
        expect(where).toContain(each);
      }
      // Unique values are stored: no more than 32 bytes for each.
      const remembered = (32 * LONG_ROWS) / 1_048_576;
      expect(peak(many) - peak(few)).toBeLessThan(GROWTH_MAX + remembered);
    },
  );

  /** A minute has to pass until another runner may take over: for a long run. */
  test.runIf(IS_LONG)(
    "completes interrupted work after a restart, and does nothing twice",
    { timeout: 900_000 },
    async () => {
      const seenBefore = source.seen.length;
      const flowId = await upload("killed");
      await sleep(KILL_MILLIS);
      await server.kill();
      await server.restart();
      const before = await statusOf(flowId);
      expect(before["state"]).toBe("INPROGRESS");
      const parts = Object.entries(before["pipelines"] as Readonly<Record<string, JsonObject>>);
      const done = parts.filter(([, { status }]) => status === "SUCCEEDED").map(([id]) => id);
      expect(done).toContain(`${flowId}/slices`);
      console.log(`killed when ${done.length} of ${parts.length} pipelines had ended`);
      const restarted = new Date().toISOString();
      const status = await ended(flowId, 300_000);
      expect([status["state"], status["error_log"]]).toEqual(["SUCCEEDED", []]);
      await expectFiles(flowId, status);
      expect(source.seen.slice(seenBefore)).toEqual(["/slices.csv"]);
      const found = await send(
        `${server.url}/query`,
        { parent_identifier: flowId, filters: { created_at: { lt: restarted } } },
        authorized(),
      );
      const { results } = found.body as unknown as { readonly results: readonly JsonObject[] };
      expect(results.length).toBeGreaterThanOrEqual(done.length);
      for (const { version } of results) expect(version).toBe(1);
    },
  );
});
