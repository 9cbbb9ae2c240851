// Sums of sizes must be the exact ones, however large they are and in whatever order they change.
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { openSession } from "../../../../src/store/sql/session.ts";
import { refreshRollups } from "../../../../src/store/closure/refresh.ts";
import { assemble } from "../../../support/fixtures/callers.ts";
import { uniquePrefix, type Client } from "../../../support/clients/http.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";
import { forget } from "../../../unit/closure/rollup.ts";

const LARGEST = Number.MAX_SAFE_INTEGER;
const PACE = { callsMax: 1_000, millisMax: 60_000 };

const prefix = uniquePrefix("sizes");
const source = `${prefix}source`;
let client: Client;

const bytes = async (): Promise<unknown> => {
  const all = (await succeed(client.get("/datasources/stats"))) as readonly JsonObject[];
  return all.find(({ datasource_id: id }) => id === source)?.["bytes"];
};

const refresh = (isFull: boolean) =>
  refreshRollups(openSession(env.DB, "first-primary"), { ...PACE, isFull });

/** What is read without rollups, with them, and how many rows a full run corrects. */
const everyWay = async (): Promise<readonly unknown[]> => {
  const since = await bytes();
  await refresh(false);
  const kept = await bytes();
  const { differences } = await refresh(true);
  await forget(env.DB);
  const counted = await bytes();
  await refresh(false);
  return [since, kept, counted, differences];
};

const create = (sizes: readonly number[], name: string): Promise<unknown> =>
  succeed(
    client.post("/resources/create", {
      resources: sizes.map((size, index) => ({
        identifier: `${prefix}${name}-${index}`,
        payload_type: "image",
        parent_identifier: source,
        size_bytes: size,
      })),
    }),
  );

const resize = (name: string, size: number | null): Promise<unknown> =>
  succeed(
    client.post("/resources/update", { updates: { [`${prefix}${name}`]: { size_bytes: size } } }),
  );

beforeAll(async () => {
  ({ client } = (await assemble()).admin);
  const datasource = { identifier: source, payload_type: "datasource", name: "sizes" };
  await succeed(client.post("/resources/create", { resources: [datasource] }));
  await forget(env.DB);
  await refresh(false);
});

test("sums stay exact after larger ones than a real number holds", async () => {
  await create([LARGEST, 1, 2, 67_108_863, 67_108_864, 67_108_865], "first");
  expect(await everyWay()).toEqual([LARGEST, LARGEST, LARGEST, 0]);
  // Each of these sums is odd and above 2^53: a real number would round it.
  await create([LARGEST - 1, LARGEST - 3, LARGEST - 4], "second");
  for (const index of [0, 1, 2]) {
    await refresh(false);
    await resize(`second-${index}`, index);
  }
  await resize("first-0", 5);
  const exact = 5 + 1 + 2 + 67_108_863 + 67_108_864 + 67_108_865 + 0 + 1 + 2;
  expect(await everyWay()).toEqual([exact, exact, exact, 0]);
  await resize("first-0", LARGEST - exact + 5);
  expect(await everyWay()).toEqual([LARGEST, LARGEST, LARGEST, 0]);
  await resize("first-0", LARGEST - exact + 4);
  expect(await everyWay()).toEqual([LARGEST - 1, LARGEST - 1, LARGEST - 1, 0]);
});

test("no number of the largest sizes overflows an integer of 64 bits", async () => {
  // 1,025 of these are more than 2^63.
  await create(
    Array.from({ length: 1_100 }, () => LARGEST),
    "many",
  );
  expect(await everyWay()).toEqual([LARGEST, LARGEST, LARGEST, 0]);
  await succeed(
    client.post("/resources/delete", {
      identifiers: Array.from({ length: 1_100 }, (_, index) => `${prefix}many-${index}`),
    }),
  );
  expect(await everyWay()).toEqual([LARGEST - 1, LARGEST - 1, LARGEST - 1, 0]);
});

test("of a registered type only sizes that can be are summed", async () => {
  const type = `${prefix.replaceAll(/[^a-z0-9]/g, "_")}sized`;
  const schema = {
    type: "object",
    properties: { size_bytes: { type: "number" } },
  };
  await succeed(client.send("PUT", `/schemas/${type}`, { version: "1.0.0", json_schema: schema }));
  const sizes = [-5, -LARGEST, 1.5, 1, 0];
  await succeed(
    client.post("/resources/create", {
      resources: sizes.map((size, index) => ({
        identifier: `${prefix}sized-${index}`,
        payload_type: type,
        parent_identifier: source,
        size_bytes: size,
      })),
    }),
  );
  // Before it was the largest less one.
  expect(await everyWay()).toEqual([LARGEST, LARGEST, LARGEST, 0]);
  await succeed(
    client.post("/resources/delete", {
      identifiers: sizes.map((_, index) => `${prefix}sized-${index}`),
    }),
  );
  expect(await everyWay()).toEqual([LARGEST - 1, LARGEST - 1, LARGEST - 1, 0]);
});
