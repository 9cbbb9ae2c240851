// Many group memberships cost a reader a fixed amount per statement, not per row.
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { budgetedDatabase } from "../../../support/databases/budget.ts";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import type { Answer, Client } from "../../../support/clients/http.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";

const budgeted = budgetedDatabase(env.DB);
const fetch = appOver(budgeted.database);

const MANY = 3_000;
const AT_ONCE = 500;
const CHILDREN = 200;

const source = (identifier: string, access_level = "restricted"): JsonObject => ({
  identifier,
  payload_type: "datasource",
  name: identifier,
  access_level,
});

const images = (parent: string, access_level = "internal"): readonly JsonObject[] =>
  Array.from({ length: CHILDREN }, (_, at) => ({
    identifier: `${parent}/${access_level}${at}`,
    payload_type: "image",
    parent_identifier: parent,
    modality: "CT",
    access_level,
  }));

/** Resources of which the reader sees none, all by the grant of a group, and some. */
const SCENE: readonly (readonly JsonObject[])[] = [
  [source("secret"), ...images("secret")],
  [source("shared"), ...images("shared")],
  [source("open", "internal"), ...images("open"), ...images("open", "restricted")],
];

const named = (parent: string): JsonObject => ({
  identifiers: images(parent)
    .slice(0, 100)
    .map(({ identifier = null }) => identifier),
});

const READS: Readonly<Record<string, (client: Client) => Promise<Answer>>> = {
  "hidden resources": (client) => client.post("/resources/read", named("secret")),
  "shared resources": (client) => client.post("/resources/read", named("shared")),
  "open resources": (client) => client.post("/resources/read", named("open")),
  ancestors: (client) => client.get("/parents/shared%2Finternal1"),
  history: (client) => client.post("/resources/history", { identifier: "shared/internal1" }),
  lineage: (client) => client.get("/lineage/shared%2Finternal1"),
  images: (client) => client.post("/query", { payload_type: "image", limit: 1_000 }),
  "images by value": (client) =>
    client.post("/query", { payload_type: "image", filters: { modality: "CT" }, limit: 100 }),
  "a subtree": (client) =>
    client.post("/query", { payload_type: "image", parent_identifier: "shared", limit: 100 }),
  "shared children": (client) => client.get("/children?parent_identifier=shared&limit=100"),
  "open children": (client) => client.get("/children?parent_identifier=open&limit=100"),
  roots: (client) => client.get("/children?limit=5"),
  changes: (client) => client.get("/changes?limit=200"),
};

/** The rows that one membership may add to a request: each statement reads it a few times. */
const ROWS_EACH = 40;

const inParts = async (write: (positions: readonly number[]) => Promise<unknown>) => {
  for (let from = 0; from < MANY; from += AT_ONCE) {
    await write(Array.from({ length: AT_ONCE }, (_, at) => from + at));
  }
};

const group = (identifier: string): JsonObject => ({
  identifier,
  payload_type: "group",
  name: identifier,
});

const membership = (container_id: string, member_id: string): JsonObject => ({
  identifier: `${member_id} of ${container_id}`,
  payload_type: "membership",
  container_id,
  member_type: "user",
  member_id,
});

const grantTo = (identifier: string, grantee_id: string): JsonObject => ({
  identifier,
  grantee_type: "group",
  grantee_id,
});

type Costs = ReadonlyMap<string, readonly [rows: number, text: string]>;

const costsOf = async (client: Client): Promise<Costs> => {
  const found = new Map<string, readonly [number, string]>();
  for (const [name, read] of Object.entries(READS)) {
    await read(client);
    budgeted.start();
    const { text } = await read(client);
    const comparable = text.replaceAll(/"(?:next_cursor|request_id|next)":(?:"[^"]*"|null)/g, "");
    found.set(name, [budgeted.spent().rowsRead, comparable]);
  }
  return found;
};

const expectSimilar = (before: Costs, after: Costs, allowance: number): void => {
  for (const [name, [rows, text]] of before) {
    const [now, nowText] = after.get(name) ?? [Infinity, ""];
    expect(nowText, name).toBe(text);
    expect.soft(now, name).toBeLessThanOrEqual(rows * 1.5 + allowance);
  }
};

test(`${MANY} memberships of a reader and ${MANY} grants on a resource are not scanned for each row`, async () => {
  const admin = await adminClient(fetch);
  const sociable = await callerOf("sociable@example.org", "user", fetch);
  const plain = await callerOf("plain@example.org", "user", fetch);
  const [sociableId = "", plainId = ""] = [sociable, plain].map(
    ({ actor }) => actor.id.split(":")[1],
  );
  const create = (resources: readonly JsonObject[]) =>
    succeed(admin.post("/resources/create", { resources: [...resources] }));
  const grant = (grants: readonly JsonObject[]) =>
    succeed(admin.post("/resources/grants/create", { grants: [...grants] }));
  const refresh = () => succeed(admin.send("POST", "/admin/materialized-views/refresh"));

  for (const resources of SCENE) await create(resources);
  await create([group("first"), membership("first", sociableId), membership("first", plainId)]);
  await grant([grantTo("shared", "first")]);
  await refresh();
  const [sociableBefore, plainBefore] = [
    await costsOf(sociable.client),
    await costsOf(plain.client),
  ];

  await inParts((at) => create(at.map((each) => group(`group ${each}`))));
  await inParts((at) => create(at.map((each) => membership(`group ${each}`, sociableId))));
  await refresh();
  expectSimilar(sociableBefore, await costsOf(sociable.client), ROWS_EACH * MANY);

  await inParts((at) => create(at.map((each) => group(`other ${each}`))));
  await inParts((at) => grant(at.map((each) => grantTo("secret", `other ${each}`))));
  await refresh();
  expectSimilar(plainBefore, await costsOf(plain.client), 1_000);
}, 300_000);
