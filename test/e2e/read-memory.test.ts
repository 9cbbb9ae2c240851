// The memory of an isolate while it responds to reads of large records.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { clientOf, type Answer, type Client } from "../support/clients/http.ts";
import { largeReads, type LargeRead } from "../support/fixtures/large-reads.ts";
import { makeLarge } from "../support/fixtures/large-records.ts";
import { openMemoryWatch, type Measurement } from "../support/checks/live-memory.ts";
import { adminToken, openTestServer, type TestServer } from "../support/servers/server.ts";

/** Megabytes that a read may take in addition to the isolate's usual memory. */
const GROWTH_MAX = 48;

/** Records of a megabyte; a long run has 150, and measures every call. */
const RECORDS = Number(process.env["LARGE_RECORDS"] ?? 20);
const SIZE = { records: RECORDS, bytes: 1_000_000 };
const IS_LONG = RECORDS >= 150;

/** Calls of a short run: rows as text, as documents, as a stream, and as a file. */
const SHORT = new Set(["POST /resources/read", "POST /data/find/{entity}", "POST /query/parquet"]);

/** Where an isolate holds most: a response of the database, its own response, or a part of one. */
const PLACES = {
  steps: String.raw`const head\d* = JSON\.parse\(packedHead\d*\)`,
  ends: String.raw`results\d*\.map\(\(result\d*\) => result\d*\.results\)|new Response\(text\d*, JSON_ANSWER\d*\)|controller\d*\.enqueue\(encoder`,
};

const POLL_MILLIS = 200;

let server: TestServer;
let admin: Client;

beforeAll(async () => {
  server = await openTestServer({}, { inspected: true });
  const token = await adminToken(server.url);
  const toServer = async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url);
    return fetch(new Request(`${server.url}${pathname}${search}`, request));
  };
  admin = clientOf(toServer, token);
  await makeLarge(admin, SIZE);
}, 1_200_000);

afterAll(async () => {
  await server.close();
});

const peakOf = (looks: readonly Measurement[]): number =>
  Math.max(...looks.map(({ heap, buffers }) => heap + buffers));

/** Waits until work after the response has ended. */
const ended = async ({ headers }: Answer): Promise<void> => {
  for (;;) {
    const { body } = await admin.get(headers.get("location") ?? "");
    const state = String((body as JsonObject)["state"]);
    if (state === "succeeded") return;
    if (state === "failed") throw new Error("The export has failed.");
    await sleep(POLL_MILLIS);
  }
};

/** Measures the isolate while it responds; returns the largest live memory. */
const peakWhile = async ({ method, path, body, status = 200 }: LargeRead): Promise<number> => {
  const watch = await openMemoryWatch(server, PLACES);
  try {
    const looks = await watch.during(async () => {
      const answer = await admin.send(method, path, body);
      expect(answer.status, answer.text.slice(0, 500)).toBe(status);
      if (status === 202) await ended(answer);
    });
    return peakOf(looks);
  } finally {
    await watch.close();
  }
};

const little: LargeRead = {
  name: "nothing",
  method: "POST",
  path: "/resources/read",
  body: { identifiers: [] },
  loads: "little",
};

const READS = [...largeReads(SIZE, new Date().toISOString())]
  .filter(([call]) => IS_LONG || SHORT.has(call))
  .flatMap(([call, reads]) => reads.map((read) => [`${call}: ${read.name}`, read] as const))
  // A past state is that of the call's own time.
  .filter(([, { body }]) => !JSON.stringify(body ?? null).includes("as_of"));

test.each(READS)(
  `%s takes less than ${GROWTH_MAX} MB, over ${RECORDS} records of 1 MB`,
  { timeout: 600_000 },
  async (name, read) => {
    const before = await peakWhile(little);
    const growth = (await peakWhile(read)) - before;
    console.log(`${name}: ${growth.toFixed(1)} MB`);
    expect(growth).toBeLessThan(GROWTH_MAX);
  },
);
