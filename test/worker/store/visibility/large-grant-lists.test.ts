// Reads by a grantee of very many resources stay cheap: any owner can create grants for any user.
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { budgetedDatabase } from "../../../support/databases/budget.ts";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import type { Answer, Client } from "../../../support/clients/http.ts";
import { dataset, succeed } from "../../../support/fixtures/restricted-tree.ts";

const budgeted = budgetedDatabase(env.DB);
const fetch = appOver(budgeted.database);

const GRANTS = 3_000;
const GRANTED_AT_ONCE = 500;

const image = (identifier: string, parent: string): JsonObject => ({
  identifier,
  payload_type: "image",
  parent_identifier: parent,
  modality: "CT",
});

const SEEN: readonly JsonObject[] = [
  { identifier: "src", payload_type: "datasource", name: "src" },
  dataset("src/node", { parent_identifier: "src" }),
  ...Array.from({ length: 20 }, (_, at) => image(`src/i${at}`, "src")),
  { identifier: "closed", payload_type: "datasource", name: "closed", access_level: "restricted" },
  ...Array.from({ length: 5 }, (_, at) => image(`closed/i${at}`, "closed")),
];

const far = (at: number): string => `far/${at}`;

/** Reads that test for each row whether it is granted. */
const ASKING: Readonly<Record<string, (client: Client) => Promise<Answer>>> = {
  "a hidden resource": (client) => client.post("/resources/read", { identifiers: ["secret/i"] }),
  ancestors: (client) => client.get("/parents/closed%2Fi1"),
  history: (client) => client.post("/resources/history", { identifier: "closed/i1" }),
};

/** Reads that enumerate the granted rows when they are few. */
const LOOKING: typeof ASKING = {
  lineage: (client) => client.get("/lineage/src%2Fi0"),
  "a granted resource": (client) => client.post("/resources/read", { identifiers: ["closed/i1"] }),
  "one resource": (client) => client.post("/resources/read", { identifiers: ["src/i1"] }),
  images: (client) => client.post("/query", { payload_type: "image", limit: 5 }),
  "images by value": (client) =>
    client.post("/query", { payload_type: "image", filters: { modality: "CT" }, limit: 5 }),
  "a subtree": (client) =>
    client.post("/query", { payload_type: "image", parent_identifier: "closed", limit: 5 }),
};

/** Reads that count the descendants of a node: they add the restricted rows that are open to the reader. */
const COUNTING: typeof ASKING = {
  "children of a node": (client) => client.get("/children?parent_identifier=src%2Fnode&limit=5"),
  "granted children": (client) => client.get("/children?parent_identifier=closed&limit=5"),
  roots: (client) => client.get("/children?limit=5"),
};

/** The rows that a count may read for each restricted row. */
const COUNTED_ROWS = 12;

/** The rows that a read that tests each row may read in addition: the first 501 grants are read once. */
const ASKED_ROWS = 2_000;

/** The rows that it may take to find that they are many: the first 501 in each of a few places. */
const ENUMERATED_ROWS = 8_000;

const allowance = (name: string): number => {
  if (name in ASKING) return ASKED_ROWS;
  return name in LOOKING ? ENUMERATED_ROWS : COUNTED_ROWS * GRANTS;
};

test(`${GRANTS} grants cost their grantees a bounded number of rows, fewer where each row is checked`, async () => {
  const admin = await adminClient(fetch);
  const owner = await callerOf("generous@example.org", "editor", fetch);
  const { actor, client } = await callerOf("laden@example.org", "user", fetch);
  const [type = "", id = ""] = actor.id.split(":");
  const grantee = { grantee_type: type, grantee_id: id };
  await succeed(admin.post("/resources/create", { resources: SEEN }));
  const secret = { identifier: "secret", payload_type: "datasource", name: "s" };
  await succeed(
    admin.post("/resources/create", {
      resources: [{ ...secret, access_level: "restricted" }, image("secret/i", "secret")],
    }),
  );
  await succeed(
    admin.post("/resources/grants/create", { grants: [{ identifier: "closed", ...grantee }] }),
  );
  const costs = async (): Promise<ReadonlyMap<string, readonly [number, string]>> => {
    await succeed(admin.send("POST", "/admin/materialized-views/refresh"));
    const found = new Map<string, readonly [number, string]>();
    for (const [name, ask] of Object.entries({ ...ASKING, ...LOOKING, ...COUNTING })) {
      await ask(client);
      budgeted.start();
      const { text } = await ask(client);
      const comparable = text.replaceAll(/"(?:next_cursor|request_id)":(?:"[^"]*"|null)/g, "");
      found.set(name, [budgeted.spent().rowsRead, comparable]);
    }
    return found;
  };
  const before = await costs();
  const place = { identifier: "far", payload_type: "datasource", name: "f" };
  await succeed(
    owner.client.post("/resources/create", {
      resources: [{ ...place, access_level: "restricted" }],
    }),
  );
  const names = Array.from({ length: GRANTS }, (_, at) => far(at));
  const resources = names.map((name) => dataset(name, { parent_identifier: "far" }));
  await succeed(owner.client.post("/resources/create", { resources }));
  for (let from = 0; from < GRANTS; from += GRANTED_AT_ONCE) {
    const grants = names
      .slice(from, from + GRANTED_AT_ONCE)
      .map((identifier) => ({ identifier, ...grantee }));
    await succeed(owner.client.post("/resources/grants/create", { grants }));
  }
  const after = await costs();
  for (const [name, [rows, text]] of before) {
    const [now, nowText] = after.get(name) ?? [Infinity, ""];
    expect(nowText, name).toBe(text);
    expect.soft(now, name).toBeLessThanOrEqual(rows * 1.5 + allowance(name));
  }
}, 200_000);
