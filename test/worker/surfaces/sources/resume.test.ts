// The embedded runner after an interruption: finished work is not repeated, and the files are the same.
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { runScheduled } from "../../../../src/jobs/scheduled.ts";
import type { JsonObject } from "../../../../src/model/json.ts";
import { BASE, publish, run, setRunner, textOf } from "../../../support/fixtures/source-runner.ts";
import { scene, state } from "../../../support/fixtures/pipelines-service.ts";
import { sourcesApp, tableOf } from "../../../support/fixtures/sources.ts";
import { figure } from "../../../support/run/figures.ts";

setRunner();

afterEach(() => {
  vi.useRealTimers();
});

const MINUTE = 60_000;
const ROWS = figure("SOURCE_ROWS");
/** Characters per row, so that files have several pieces. */
const NOTE_LENGTH = Math.max(480, Math.ceil(5_760_000 / ROWS));

/** Deterministic digits that compress badly. */
const noteOf = (row: number): string => {
  let seed = row * 2_654_435_761;
  let text = "";
  while (text.length < NOTE_LENGTH) {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    text += seed.toString(36);
  }
  return text.slice(0, NOTE_LENGTH);
};

const TABLE = tableOf("slices", {
  schema: {
    fields: [
      { name: "id", type: "integer" },
      { name: "z_mm", type: "number" },
      { name: "note", type: "string" },
    ],
  },
});

const publishTable = (): void => {
  const lines = Array.from({ length: ROWS }, (_, at) => `${at + 1},${at / 4},${noteOf(at)}\n`);
  publish("data/slices.csv", `id,z_mm,note\n${lines.join("")}`);
};

/** A bucket that stops the run at a piece of a file, and counts the pieces of each file. */
const stoppingBucket = (stops: Map<string, number>, pieces: Map<string, number>): R2Bucket => {
  const watched = (key: string, upload: R2MultipartUpload): R2MultipartUpload =>
    new Proxy(upload, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        if (name !== "uploadPart") return (member as () => unknown).bind(target);
        return async (part: number, body: Uint8Array) => {
          const file = key.slice(key.lastIndexOf("/") + 1);
          if (stops.get(file) === part) {
            stops.delete(file);
            throw new Error("The isolate is gone.");
          }
          pieces.set(file, (pieces.get(file) ?? 0) + 1);
          return target.uploadPart(part, body);
        };
      },
    });
  return new Proxy(env.BUCKET, {
    get: (target, name) => {
      if (name === "createMultipartUpload") {
        return async (key: string, options: R2MultipartOptions) =>
          watched(key, await target.createMultipartUpload(key, options));
      }
      if (name === "resumeMultipartUpload") {
        return (key: string, id: string) => watched(key, target.resumeMultipartUpload(key, id));
      }
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member as () => unknown).bind(target) : member;
    },
  });
};

const hashesOf = async (flowId: string): Promise<readonly string[]> => {
  const { resources } = JSON.parse(await textOf(`${flowId}/datapackage.json`)) as {
    readonly resources: readonly { readonly name: string; readonly hash: string }[];
  };
  // The zips differ in name and time.
  return resources
    .filter(({ name }) => !name.endsWith("_zip"))
    .map(({ name, hash }) => `${name} ${hash}`);
};

test(
  `${ROWS} rows: interrupted in each file, the work completes and stores no piece twice`,
  { timeout: 600_000 },
  async () => {
    publishTable();
    const whole = await run([TABLE]);
    expect(await state(whole)).toMatchObject({ state: "SUCCEEDED" });
    const stops = new Map([
      ["slices_csv.csv", 2],
      ["slices_json.json", 2],
      ["slices_parquet.parquet", 2],
    ]);
    const pieces = new Map<string, number>();
    const BUCKET = stoppingBucket(stops, pieces);
    const seenBefore = scene.outside.seen.length;
    const stopped = await run([TABLE], {}, sourcesApp({ BUCKET }));
    let runs = 0;
    for (; (await state(stopped))["state"] === "INPROGRESS" && runs < 9; runs += 1) {
      const { pipelines } = await state(stopped);
      expect((pipelines as JsonObject)[`${stopped}/slices`]).toMatchObject({ status: "SUCCEEDED" });
      // While the lease is live, no other worker starts.
      const before = JSON.stringify([...pieces]);
      await runScheduled({ ...env, BUCKET }, MINUTE);
      expect(JSON.stringify([...pieces])).toBe(before);
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2 * MINUTE });
      await runScheduled({ ...env, BUCKET }, MINUTE);
    }
    expect([runs, stops.size]).toEqual([3, 0]);
    expect(await state(stopped)).toMatchObject({ state: "SUCCEEDED" });
    expect(await hashesOf(stopped)).toEqual(await hashesOf(whole));
    const fetched = scene.outside.seen.slice(seenBefore).filter((each) => each.includes(BASE));
    expect(fetched).toEqual([`GET ${BASE}data/slices.csv`]);
    for (const file of ["slices_csv.csv", "slices_json.json", "slices_parquet.parquet"]) {
      const size = (await env.BUCKET.head(`${stopped}/data/${file}`))?.size ?? 0;
      expect([file, pieces.get(file)]).toEqual([file, Math.ceil(size / 5_242_880)]);
    }
  },
);

test("work that is interrupted at the same place again and again fails with the reason", async () => {
  publish("data/slices.csv", "id,z_mm\n1,2\n");
  const BUCKET = new Proxy(env.BUCKET, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (name === "createMultipartUpload") return () => Promise.reject(new Error("out of memory"));
      return typeof member === "function" ? (member as () => unknown).bind(target) : member;
    },
  });
  const flowId = await run([tableOf("slices")], {}, sourcesApp({ BUCKET }));
  let minutes = 0;
  while ((await state(flowId))["state"] === "INPROGRESS" && minutes < 60) {
    minutes += 1;
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2 * MINUTE });
    await runScheduled({ ...env, BUCKET }, MINUTE);
  }
  const ended = await state(flowId);
  expect(ended["state"]).toBe("FAILED");
  expect(JSON.stringify(ended["pipelines"])).toContain("Copying source data was stopped 5 times");
});

test("two concurrent runs do the work of one", async () => {
  publish("data/slices.csv", "id,z_mm\n1,2\n");
  const seenBefore = scene.outside.seen.length;
  const flowId = await run(
    [tableOf("slices")],
    {},
    sourcesApp({ DPP_URL: "http://dpp.invalid:5000/" }),
  );
  const trigger = () => runScheduled(env, MINUTE);
  await Promise.all([trigger(), trigger(), trigger()]);
  expect(await state(flowId)).toMatchObject({ state: "SUCCEEDED" });
  const fetched = scene.outside.seen.slice(seenBefore).filter((each) => each.includes(BASE));
  expect(fetched).toHaveLength(1);
});
