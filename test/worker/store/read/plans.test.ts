import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { budgetedDatabase } from "../../../support/databases/budget.ts";
import {
  adminClient,
  adminToken,
  callerOf,
  workerFetch,
} from "../../../support/fixtures/callers.ts";
import { clientOf, login, uniquePrefix, type Client } from "../../../support/clients/http.ts";
import { aroundDatabase, type SentStatement } from "../../../support/databases/database.ts";
import { createKey, signIn } from "../../../support/clients/keys.ts";
import { planErrors, type Walk } from "../../../support/checks/query-plan.ts";
import { images, ORDERED_PAGES, PAGE } from "../../../support/fixtures/plan-pages.ts";
import { indexFields } from "../../../support/fixtures/indexes.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";
import {
  FAULT_TYPE,
  registerFaultType,
  WRITE_CASES,
} from "../../../support/fixtures/catalogue-writes.ts";

const ROWS = 6_000;
// Each row's restriction is looked up for the audit; for a reader that of its parent as well, and for
// a key the payload types of both.
const ROWS_READ_MAX: Readonly<Record<string, number>> = { admin: 400, reader: 800, key: 1_400 };

let sent: SentStatement[] = [];
const budgeted = budgetedDatabase(
  aroundDatabase(env.DB, async (call, run) => {
    sent.push(...call.statements);
    return run();
  }),
);
const tokens: Record<string, string> = {};
const state = { instant: "", transaction: 1 };

const image = (index: number): JsonObject => ({
  identifier: `image-${String(index).padStart(5, "0")}`,
  payload_type: "image",
  parent_identifier: "source",
  modality: ["CT", "MR", "DX"][index % 3] ?? "CT",
  patient_age_years: index % 97,
  view_position: index % 2 === 0 ? "PA" : "AP",
  ...(index % 60 === 0 ? { access_level: "restricted" } : {}),
  ...(index % 10 === 0 && index > 0 ? { derived_from: ["image-00000"] } : {}),
});

const populate = async (admin: Client): Promise<void> => {
  const source = { identifier: "source", payload_type: "datasource", name: "many" };
  const resources = [source, ...Array.from({ length: ROWS }, (_, index) => image(index))];
  await succeed(admin.post("/resources/create", { resources }));
  const edits = Array.from({ length: ROWS / 4 }, (_, index) => [
    String(image(index * 2)["identifier"]),
    { view_position: "LL" },
  ]);
  const middle = await admin.post("/resources/update", { updates: Object.fromEntries(edits) });
  state.transaction = Number(middle.headers.get("x-transaction"));
  const history = await admin.post("/resources/history", { identifier: "image-00000" });
  const versions = history.body as unknown as readonly { transaction: { instant: string } }[];
  state.instant = versions.at(-1)?.transaction.instant ?? "";
  const gone = Array.from({ length: 200 }, (_, index) =>
    String(image(index * 7 + 1)["identifier"]),
  );
  await succeed(admin.post("/resources/delete", { identifiers: gone }));
  const items = Array.from({ length: 300 }, (_, index) => ({
    datasource_id: "source",
    external_uid: `uid ${index}`,
  }));
  await succeed(admin.post("/patients/register", { items }));
  await registerFaultType(admin);
  const notes = Array.from({ length: 2_000 }, (_, index) => ({
    identifier: `note-${index}`,
    payload_type: FAULT_TYPE,
    text: `text ${index}`,
  }));
  await succeed(admin.post("/resources/create", { resources: notes }));
};

beforeAll(async () => {
  await populate(await adminClient());
  await indexFields(await adminClient(), "image", ["modality", "patient_age_years"]);
  tokens["admin"] = await adminToken();
  const types = ["image", "datasource", "patient", "artefact", FAULT_TYPE];
  const policies = [{ payload_types: types, actions: ["read"] }];
  tokens["key"] = (await signIn(await createKey(await adminClient(), policies))).access_token;
  await callerOf("plans@example.org", "user");
  tokens["reader"] = await login(workerFetch, "plans@example.org", "correct horse battery");
}, 60_000);

/** A caller of an isolate that caches the payload types and the salt, but no responses. */
const freshClient = async (who: string): Promise<Client> => {
  const client = clientOf(appOver(budgeted.database), tokens[who]);
  await succeed(client.get("/schemas"));
  const uid = { datasource_id: "source", external_uid: "uid 1" };
  await succeed(client.post("/patients/resolve", uid));
  return client;
};

/** Other reads, and how far each may scan. */
const READS: readonly (readonly [string, Walk, (client: Client) => Promise<unknown>])[] = [
  ["one resource", "none", (c) => c.post("/resources/read", { identifiers: ["image-00007"] })],
  [
    "a hundred resources",
    "none",
    (c) =>
      c.post("/resources/read", {
        identifiers: Array.from({ length: PAGE }, (_, index) => String(image(index)["identifier"])),
      }),
  ],
  [
    "a resource of the past",
    "none",
    (c) =>
      c.post("/resources/read", { identifiers: ["image-00008", "source"], as_of: state.instant }),
  ],
  ["a history", "none", (c) => c.post("/resources/history", { identifier: "image-00008" })],
  [
    "a diff",
    "none",
    (c) => c.post("/resources/diff", { identifier: "image-00008", from: 1, to: 2 }),
  ],
  [
    "a count of an indexed value",
    "none",
    (c) => c.post("/query/count", images({ filters: { modality: "CT" } })),
  ],
  [
    "a count of an indexed range",
    "none",
    (c) => c.post("/query/count", images({ filters: { patient_age_years: { between: [3, 5] } } })),
  ],
  [
    "a count of an open field",
    "table",
    (c) => c.post("/query/count", images({ filters: { view_position: "PA" } })),
  ],
  [
    "some identifiers of a type",
    "none",
    (c) => c.post("/query", images({ identifiers: ["image-00001", "image-00002"] })),
  ],
  ["some identifiers", "none", (c) => c.post("/query", { identifiers: ["image-00001"], limit: 5 })],
  [
    "a parent's children",
    "none",
    (c) => c.post("/query/count", { parent_identifier: "image-00002" }),
  ],
  [
    "a parent's descendants of a type",
    // The way that walks the candidates stands in the statement too; the subtree's size rules it out.
    "table",
    (c) =>
      c.post(
        "/query/count",
        images({ parent_identifier: "source", include_indirect_parents: true }),
      ),
  ],
  [
    "a small subtree's page",
    // The way that walks the candidates stands in the statement too; the subtree's size rules it out.
    "table",
    (c) =>
      c.post(
        "/query",
        images({ parent_identifier: "image-00002", include_indirect_parents: true }),
      ),
  ],
  ["the feed from its end", "none", (c) => c.get(`/changes?after=${state.transaction}&limit=50`)],
  ["a transaction", "none", (c) => c.get("/transactions/1")],
  [
    "a registration",
    "none",
    (c) => c.post("/patients/resolve", { datasource_id: "source", external_uid: "uid 7" }),
  ],
  ["an account", "none", (c) => c.get("/users/me")],
  ["a page of children", "none", (c) => c.get("/children?parent_identifier=source&limit=50")],
  ["a page of roots", "none", (c) => c.get("/children?limit=50")],
  [
    "a page of children in the past",
    "none",
    (c) => c.get(`/children?parent_identifier=source&limit=50&as_of=${state.instant}`),
  ],
  ["ancestors", "none", (c) => c.get("/parents/image-00007")],
  ["ancestors in the past", "none", (c) => c.get(`/parents/image-00007?as_of=${state.instant}`)],
  ["a lineage", "none", (c) => c.get("/lineage/image-00007")],
  ["a lineage of some depth", "none", (c) => c.get("/lineage/image-00007?depth=3")],
  ["a lineage in the past", "none", (c) => c.get(`/lineage/image-00007?as_of=${state.instant}`)],
];

const captured = async (run: () => Promise<unknown>): Promise<readonly SentStatement[]> => {
  sent = [];
  budgeted.start();
  const answer = (await run()) as { readonly status: number; readonly text: string };
  expect(answer.status, answer.text).toBe(200);
  return sent;
};

/** The captured calls without the one that records the disclosure of restricted rows. */
const callsOfTheAnswer = (): readonly string[] => {
  const { calls } = budgeted.spent();
  const isRecorded = sent.some(({ text }) => text.startsWith("INSERT INTO audit"));
  return isRecorded && calls.at(-1) === "write" ? calls.slice(0, -1) : calls;
};

const query = (client: Client, body: JsonObject) => () => client.post("/query", body);

const cursorOf = async (client: Client, body: JsonObject, pages: number): Promise<Json> => {
  let cursor: Json = null;
  for (let page = 0; page < pages; page += 1) {
    const answer = await succeed(client.post("/query", { ...body, cursor }));
    cursor = (answer as JsonObject)["next_cursor"] ?? null;
  }
  return cursor;
};

describe.each(["without statistics", "with statistics of ANALYZE"])("%s", (statistics) => {
  beforeAll(async () => {
    if (statistics.startsWith("with ")) await env.DB.prepare("ANALYZE").run();
  });

  describe.each(["admin", "reader", "key"])("as %s", (who) => {
    let client: Client;
    beforeEach(async () => {
      client = await freshClient(who);
    });

    // A key has no account.
    const reads = READS.filter(([name]) => who !== "key" || name !== "an account");
    test.each(reads)("%s reaches every table by an index, in one call", async (_, walk, ask) => {
      const statements = await captured(async () => ask(client));
      expect(callsOfTheAnswer()).toEqual(["read"]);
      expect(await planErrors(env.DB, statements, walk)).toEqual([]);
    });

    test.each(ORDERED_PAGES)("a page %s walks an index in order", async (_, body) => {
      const statements = await captured(query(client, body));
      expect(callsOfTheAnswer()).toEqual(["read"]);
      expect(await planErrors(env.DB, statements, "index")).toEqual([]);
    });

    test.each(ORDERED_PAGES)("a later page %s starts after the previous page", async (_, body) => {
      const cursor = await cursorOf(client, body, 2);
      const statements = await captured(query(client, { ...body, cursor }));
      expect(callsOfTheAnswer()).toEqual(["read"]);
      expect(await planErrors(env.DB, statements, "index")).toEqual([]);
    });

    test.each(ORDERED_PAGES)("a past page %s reaches history by an index", async (_, body) => {
      const statements = await captured(query(client, { ...body, as_of: state.instant }));
      expect(callsOfTheAnswer()).toEqual(["read"]);
      expect(await planErrors(env.DB, statements, "index")).toEqual([]);
    });

    test.each(ORDERED_PAGES)(
      `of ${ROWS} rows a page %s reads few, and a later page as few`,
      async (_, body) => {
        await captured(query(client, body));
        const first = budgeted.spent().rowsRead;
        const cursor = await cursorOf(client, body, body["filters"] === undefined ? 49 : 10);
        expect(cursor).not.toBeNull();
        await captured(query(client, { ...body, cursor }));
        const later = budgeted.spent().rowsRead;
        const most = ROWS_READ_MAX[who] ?? 0;
        expect([first, later].filter((rows) => rows >= most)).toEqual([]);
      },
    );
  });

  test.each(WRITE_CASES)("the write $name reaches every table by an index", async (one) => {
    const admin = await freshClient("admin");
    const prefix = uniquePrefix("plan");
    await one.prepare(admin, prefix);
    const { method, path, body } = one.request(prefix);
    const statements = await captured(() =>
      admin.send(method, path, body, { "idempotency-key": `plan-${prefix}` }),
    );
    expect(await planErrors(env.DB, statements, "none")).toEqual([]);
  });
});
