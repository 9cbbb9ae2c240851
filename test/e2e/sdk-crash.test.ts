import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Client, createClient, loginToken } from "../../src/client/index.ts";
import { ADMIN, openTestServer, type TestServer } from "../support/servers/server.ts";

/** Rows of the walk whose memory is measured; 50,000 in a long run. */
const ROWS = Number(process.env["SDK_ROWS"] ?? 5_000);
/** Writes during which the server is killed. */
const WRITES = 1_000;

let server: TestServer;
let client: Client;

const connect = (): Client =>
  createClient({
    url: server.url,
    token: loginToken(ADMIN, { url: server.url }),
    retries: { attempts: 100, maxMs: 2_000 },
  });

beforeAll(async () => {
  server = await openTestServer();
  client = connect();
});
afterAll(async () => server.close());

const datasource = async (identifier: string): Promise<string> => {
  await client.create([{ identifier, payload_type: "datasource", name: identifier }]);
  return identifier;
};

/** Runs tasks, so many at once. */
const inParallel = async (width: number, tasks: readonly (() => Promise<unknown>)[]) => {
  const left = [...tasks];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await next();
  };
  await Promise.all(Array.from({ length: width }, worker));
};

test("a walk over many rows uses constant memory", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const parent = await datasource("sdk-walk");
  const rows = Array.from({ length: ROWS }, (_, index) => ({
    identifier: `sdk-walk/${index}`,
    payload_type: "image" as const,
    parent_identifier: parent,
    file_name: "x".repeat(500),
  }));
  await client.create(rows, { split: true, timeoutMs: 300_000 });
  rows.length = 0;
  const heaps: number[] = [];
  let [walked, previous] = [0, ""];
  for await (const { identifier } of client.query({
    parent_identifier: parent,
    payload_type: "image",
    sort_by: "identifier",
    sort_order: "asc",
    limit: 500,
  })) {
    // Each item is read once, and none is kept: growing memory would be the walk's own.
    if (identifier <= previous) throw new Error(`${identifier} came after ${previous}`);
    previous = identifier;
    walked += 1;
    if (walked % 1_000 !== 0) continue;
    collect();
    heaps.push(process.memoryUsage().heapUsed);
  }
  expect(walked).toBe(ROWS);
  const shown = heaps.map((one) => (one / 2 ** 20).toFixed(1)).join(" ");
  console.log(`heap over ${ROWS} rows: ${shown} MB`);
  // 1,000 rows take more than a megabyte as objects.
  expect((heaps.at(-1) ?? 0) - (heaps[0] ?? 0)).toBeLessThan(2 * 2 ** 20);
}, 900_000);

test("1,000 writes are each done once although the server is killed and restarted meanwhile", async () => {
  const parent = await datasource("sdk-crash");
  const writer = connect();
  let done = 0;
  let replayed = 0;
  let repeated = 0;
  const options = {
    onAnswer: (notice: { readonly replayed: boolean; readonly attempts: number }) => {
      done += 1;
      replayed += notice.replayed ? 1 : 0;
      repeated += notice.attempts > 1 ? 1 : 0;
    },
  };
  // A repeated registration or creation is refused: no retry may reach the store as a new write,
  // and none may be lost.
  const tasks = Array.from(
    { length: WRITES },
    (_, index) => async () =>
      index % 2 === 0
        ? writer.create(
            [
              {
                identifier: `sdk-crash/${index}`,
                payload_type: "image",
                parent_identifier: parent,
              },
            ],
            options,
          )
        : writer.registerPatients(
            [{ datasource_id: parent, external_uid: `patient ${index}` }],
            options,
          ),
  );
  const killing = (async () => {
    while (done < WRITES / 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await server.kill();
    await server.restart();
  })();
  await Promise.all([inParallel(16, tasks), killing]);
  console.log(`${repeated} writes were sent again, ${replayed} of them had been done`);
  expect(repeated).toBeGreaterThan(0);
  expect(await client.count({ payload_type: "image", parent_identifier: parent })).toBe(WRITES / 2);
  const patients = await client
    .query({
      payload_type: "patient",
      parent_identifier: parent,
      sort_by: "identifier",
      sort_order: "asc",
    })
    .all();
  expect(patients.map(({ identifier }) => identifier)).toEqual(
    Array.from(
      { length: WRITES / 2 },
      (_, index) => `${parent}.P${String(index + 1).padStart(6, "0")}`,
    ),
  );
  const versions = new Map<string, number>();
  let after: string | undefined;
  for (;;) {
    const { changes, next } = await client.changes({
      ...(after === undefined ? {} : { after }),
      limit: 10_000,
    });
    for (const { identifier } of changes)
      versions.set(identifier, (versions.get(identifier) ?? 0) + 1);
    if (changes.length === 0) break;
    after = next;
  }
  const mine = [...versions].filter(([name]) => name.startsWith("sdk-crash"));
  expect(mine).toHaveLength(WRITES + 1);
  expect(mine.filter(([, count]) => count !== 1)).toEqual([]);
}, 300_000);
