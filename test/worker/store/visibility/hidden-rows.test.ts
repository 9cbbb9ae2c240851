// Hidden resources cost nothing: the same responses read the same number of rows with and without them.
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { budgetedDatabase } from "../../../support/databases/budget.ts";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import { clientOf, type Answer, type Client } from "../../../support/clients/http.ts";
import { createKey, signIn } from "../../../support/clients/keys.ts";
import { indexFields } from "../../../support/fixtures/indexes.ts";
import { dataset, succeed } from "../../../support/fixtures/restricted-tree.ts";
import { forget } from "../../../unit/closure/rollup.ts";

const budgeted = budgetedDatabase(env.DB);
const fetch = appOver(budgeted.database, { PUBLIC_READ: "true" });

const image = (identifier: string, parent: string, members: JsonObject = {}): JsonObject => ({
  identifier,
  payload_type: "image",
  parent_identifier: parent,
  modality: "CT",
  patient_age_years: 40,
  view_position: "PA",
  ...members,
});

const source = (identifier: string, members: JsonObject = {}): JsonObject => ({
  identifier,
  payload_type: "datasource",
  name: identifier,
  ...members,
});

const many = <T>(count: number, make: (at: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, at) => make(at));

const PUBLIC = { access_level: "public" };
const RESTRICTED = { access_level: "restricted" };

/** Resources that some or all callers see. */
const VISIBLE: readonly JsonObject[] = [
  source("src"),
  dataset("src/node", { parent_identifier: "src" }),
  dataset("src/node/child", { parent_identifier: "src/node" }),
  ...many(20, (at) =>
    image(`src/i${at}`, "src", { patient_age_years: at, modality: at % 2 === 0 ? "CT" : "MR" }),
  ),
  dataset("src/made", { derived_from: ["src/i0"] }),
  source("pub", PUBLIC),
  ...many(5, (at) => image(`pub/i${at}`, "pub", { ...PUBLIC, patient_age_years: at })),
  source("closed", RESTRICTED),
  ...many(3, (at) => image(`closed/i${at}`, "closed", { patient_age_years: 50 + at })),
];

const OWN: readonly JsonObject[] = [
  dataset("own", { parent_identifier: "src", ...RESTRICTED }),
  ...many(3, (at) => image(`own/i${at}`, "own", { patient_age_years: 60 + at })),
];

/** Many hidden copies, in every place that a read scans. */
const hidden = (members: JsonObject, word: string): readonly (readonly JsonObject[])[] => [
  many(4_000, (at) => image(`${word}/a${at}`, "src", { ...members, patient_age_years: at % 90 })),
  many(2_000, (at) => image(`${word}/b${at}`, "src/node", { ...members, modality: "MR" })),
  [
    source(word, members),
    ...many(2_000, (at) => image(`${word}/c${at}`, word, members)),
    ...many(500, (at) => source(`${word}/s${at}`, members)),
    ...many(500, (at) => dataset(`${word}/d${at}`, { ...members, derived_from: ["src/i0"] })),
  ],
];

type Ask = (client: Client) => Promise<Answer>;

const query =
  (body: JsonObject): Ask =>
  (client) =>
    client.post("/query", { limit: 5, ...body });
const images = (body: JsonObject = {}): Ask => query({ payload_type: "image", ...body });
const count =
  (body: JsonObject): Ask =>
  (client) =>
    client.post("/query/count", body);

const state = { instant: "" };

const READS: Readonly<Record<string, Ask>> = {
  "the newest of a type": images(),
  "the oldest of a type": images({ sort_order: "asc" }),
  "by an indexed field": images({ sort_by: "patient_age_years", sort_order: "asc" }),
  "by an indexed field, descending": images({ sort_by: "patient_age_years" }),
  "an indexed value": images({ filters: { modality: "MR" } }),
  "an indexed range": images({
    filters: { patient_age_years: { gte: 3 } },
    sort_by: "patient_age_years",
  }),
  "a value without an index": images({ filters: { view_position: "PA" } }),
  "a regular expression": images({ filters: { view_position: { regex: "^P" } } }),
  "the newest of all types": query({}),
  "the newest of two types": query({ payload_type: ["image", "dataset"] }),
  "below a parent": images({ parent_identifier: "src/node" }),
  "some identifiers": query({ identifiers: ["src", "src/i1", "pub"] }),
  "a count of a type": count({ payload_type: "image" }),
  "a count of an indexed value": count({ payload_type: "image", filters: { modality: "MR" } }),
  "a count without an index": count({
    payload_type: "image",
    filters: { view_position: "PA" },
  }),
  "a count of all types": count({}),
  "a count below a parent": count({ parent_identifier: "src/node" }),
  "resources with their children": (client) =>
    client.post("/resources/read", { identifiers: ["src", "src/node", "pub"] }),
  children: (client) => client.get("/children?parent_identifier=src%2Fnode&limit=5"),
  "children of a wide node": (client) => client.get("/children?parent_identifier=src&limit=5"),
  roots: (client) => client.get("/children?limit=5"),
  ancestors: (client) => client.get("/parents/src%2Fi1"),
  lineage: (client) => client.get("/lineage/src%2Fi0"),
  statistics: (client) => client.get("/datasources/stats"),
  "long statistics": (client) => client.get("/datasources/detailed-stats"),
  "records of a dataset": (client) =>
    client.get(
      "/ds/image/?outputs=%5B%22modality%22%5D&range=%7B%22limit%22%3A5%2C%22offset%22%3A0%7D",
    ),
  documents: (client) =>
    client.post("/data/find/dataset", {
      query: { field: "_id", op: "!=", rvalue: null },
      projection: { field: "*", include: true },
      range: [0, 4],
    }),
  "the past": (client) =>
    client.post("/query", { payload_type: "image", limit: 5, as_of: state.instant }),
};

const clients = new Map<string, Client>();

beforeAll(async () => {
  const admin = await adminClient(fetch);
  const owner = await callerOf("owner@example.org", "editor", fetch);
  const grantee = await callerOf("grantee@example.org", "user", fetch);
  const reader = await callerOf("reader@example.org", "user", fetch);
  await succeed(admin.post("/resources/create", { resources: VISIBLE }));
  await indexFields(admin, "image", ["modality", "patient_age_years"]);
  await succeed(owner.client.post("/resources/create", { resources: OWN }));
  const [type, id] = grantee.actor.id.split(":");
  await succeed(
    admin.post("/resources/grants/create", {
      grants: [{ identifier: "closed", grantee_type: type ?? "", grantee_id: id ?? "" }],
    }),
  );
  const updates = { "src/i3": { view_position: "AP" } };
  await succeed(admin.post("/resources/update", { updates }));
  const history = (await succeed(
    admin.post("/resources/history", { identifier: "src/i3" }),
  )) as unknown as readonly { transaction: { instant: string } }[];
  state.instant = history[1]?.transaction.instant ?? "";
  const types = ["image", "datasource", "dataset"];
  const policies = [{ payload_types: types, actions: ["read"] }];
  const key = await signIn(await createKey(admin, policies), fetch);
  for (const [name, client] of [
    ["a reader", reader.client],
    ["a grantee", grantee.client],
    ["an owner", owner.client],
    ["a key", clientOf(fetch, key.access_token)],
    ["nobody", clientOf(fetch)],
  ] as const) {
    clients.set(name, client);
  }
  clients.set("admin", admin);
}, 120_000);

const refresh = async (): Promise<void> => {
  await succeed((clients.get("admin") as Client).send("POST", "/admin/materialized-views/refresh"));
};

/** A response without values that differ between two responses. */
const comparable = (text: string): string =>
  text.replaceAll(/"(?:next_cursor|request_id|session)":(?:"[^"]*"|null)/g, "");

interface Cost {
  readonly rows: number;
  readonly text: string;
  readonly status: number;
}

const costOf = async (client: Client, ask: Ask): Promise<Cost> => {
  // The first call fills the caches of the isolate.
  await ask(client);
  budgeted.start();
  const { status, text } = await ask(client);
  return { status, text: comparable(text), rows: budgeted.spent().rowsRead };
};

const costs = async (callers: readonly string[]): Promise<ReadonlyMap<string, Cost>> => {
  const found = new Map<string, Cost>();
  for (const who of callers) {
    const client = clients.get(who) as Client;
    for (const [what, ask] of Object.entries(READS)) {
      found.set(`${what} as ${who}`, await costOf(client, ask));
    }
  }
  return found;
};

const dearer = (
  before: ReadonlyMap<string, Cost>,
  after: ReadonlyMap<string, Cost>,
): readonly string[] =>
  [...before].flatMap(([name, { rows, text, status }]) => {
    const now = after.get(name);
    if (now === undefined || now.text !== text)
      return [
        `${name}: another answer ${status} ${now?.status} ${text.slice(0, 200)} ---- ${now?.text.slice(0, 200)}`,
      ];
    return now.rows > rows * 1.5 + 10
      ? [`${name}: ${rows} rows before, ${now.rows} with what is hidden`]
      : [];
  });

/**
 * Writes hidden resources as an admin. Returns the reads that cost more with them, before and after a
 * refresh of the rollups.
 */
const dearerWith = async (
  callers: readonly string[],
  batches: readonly (readonly JsonObject[])[],
): Promise<readonly string[]> => {
  const admin = clients.get("admin") as Client;
  await forget(env.DB);
  const before = await costs(callers);
  await refresh();
  const refreshed = await costs(callers);
  for (const resources of batches) {
    await succeed(admin.post("/resources/create", { resources }));
  }
  const stale = dearer(before, await costs(callers));
  await refresh();
  return [...stale, ...dearer(refreshed, await costs(callers))];
};

test("hidden restricted rows do not increase the cost of any reader", async () => {
  const callers = ["a reader", "a grantee", "an owner", "a key", "nobody"];
  expect(await dearerWith(callers, hidden(RESTRICTED, "hidden"))).toEqual([]);
}, 500_000);

test("hidden non-public rows do not increase the cost of anonymous readers", async () => {
  expect(await dearerWith(["nobody"], hidden({}, "internal"))).toEqual([]);
}, 500_000);
