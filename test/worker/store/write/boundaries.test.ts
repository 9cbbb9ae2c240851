import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { budgetedDatabase } from "../../../support/databases/budget.ts";
import { adminToken, workerFetch } from "../../../support/fixtures/callers.ts";
import {
  BASE,
  clientOf,
  uniquePrefix,
  type Answer,
  type Client,
} from "../../../support/clients/http.ts";

const MIB = 1024 * 1024;
const ITEMS_MAX = 10_000;
const budgeted = budgetedDatabase(env.DB);
let client: Client;
let token: string;

beforeAll(async () => {
  token = await adminToken();
  client = clientOf(appOver(budgeted.database), token);
});

const element = (identifier: string, members: JsonObject = {}): JsonObject => ({
  identifier,
  payload_type: "dataset",
  name: "x",
  ...members,
});

const elements = (prefix: string, count: number): readonly JsonObject[] =>
  Array.from({ length: count }, (_, index) => element(`${prefix}${index}`));

const errorsOf = (answer: Answer): readonly JsonObject[] =>
  ((answer.body as JsonObject)["errors"] ?? []) as readonly JsonObject[];

const countUnder = async (prefix: string): Promise<Json> => {
  const filters = { identifier: { starts_with: prefix } };
  const answer = await client.post("/query/count", { filters });
  return (answer.body as JsonObject)["count"] ?? null;
};

/** Every row that a write could have changed. */
const ledger = async (): Promise<unknown> =>
  env.DB.prepare(
    `SELECT (SELECT count(*) FROM transactions) AS transactions,
      (SELECT count(*) FROM resources) AS resources, (SELECT count(*) FROM history) AS history,
      (SELECT count(*) FROM x_dataset) AS projected, (SELECT count(*) FROM edges) AS edges,
      (SELECT count(*) FROM guard) AS guard`,
  ).first();

const replaced = <T>(items: readonly T[], at: number, item: T): readonly T[] =>
  items.map((each, index) => (index === at ? item : each));

const positionsOf = (size: number): readonly number[] => [
  ...new Set([0, Math.floor(size / 2), size - 1]),
];

describe.each([1, 99, 100, 101, 1_000, ITEMS_MAX])("a batch of %i", (size) => {
  const bad: readonly (readonly [string, (prefix: string, at: number) => JsonObject, string])[] = [
    ["an unfit payload", (prefix, at) => element(`${prefix}${at}`, { name: 7 }), "invalid_value"],
    ["a taken identifier", (prefix) => element(`${prefix}taken`), "already_exists"],
    [
      "an unknown parent",
      (prefix, at) => element(`${prefix}${at}`, { parent_identifier: `${prefix}nowhere` }),
      "missing_reference",
    ],
  ];

  test.each(bad)(
    "with %s at any position is not written, and the element is named",
    async (_, make, code) => {
      const prefix = uniquePrefix("batch");
      await client.post("/resources/create", { resources: [element(`${prefix}taken`)] });
      const before = await ledger();
      for (const at of positionsOf(size)) {
        const wrong = make(prefix, at);
        const resources = replaced(elements(prefix, size), at, wrong);
        const answer = await client.post("/resources/create", { resources });
        expect(answer.status, answer.text.slice(0, 500)).toBe(400);
        const named = errorsOf(answer).map((error) => [error["index"], error["identifier"]]);
        expect(named).toEqual([[at, wrong["identifier"]]]);
        expect(errorsOf(answer)[0]?.["code"]).toBe(code);
        expect(await ledger()).toEqual(before);
      }
    },
  );

  test("is written, updated and deleted completely or not at all", async () => {
    const prefix = uniquePrefix("batch");
    const resources = elements(prefix, size);
    expect((await client.post("/resources/create", { resources })).body).toEqual({ created: size });
    const identifiers = resources.map(({ identifier }) => String(identifier));
    const edits = identifiers.map((identifier) => [identifier, { name: "y" }] as const);
    const before = await ledger();
    for (const at of positionsOf(size)) {
      const wrong = replaced(edits, at, [`${prefix}nowhere`, { name: "y" }]);
      const updated = await client.post("/resources/update", {
        updates: Object.fromEntries(wrong),
      });
      expect(updated.status).toBe(404);
      expect(errorsOf(updated).map((error) => error["identifier"])).toEqual([`${prefix}nowhere`]);
      const gone = replaced(identifiers, at, `${prefix}nowhere`);
      const deleted = await client.post("/resources/delete", { identifiers: gone });
      expect(deleted.status).toBe(404);
      expect(errorsOf(deleted).map((error) => error["identifier"])).toEqual([`${prefix}nowhere`]);
      expect(await ledger()).toEqual(before);
    }
    const updates = Object.fromEntries(edits);
    expect((await client.post("/resources/update", { updates })).body).toEqual({ updated: size });
    expect((await client.post("/resources/delete", { identifiers })).body).toEqual({
      deleted: size,
    });
    expect(await countUnder(prefix)).toBe(0);
  });
});

test("a create takes the same number of statements for one resource as for ten thousand", async () => {
  const statementsFor = async (size: number): Promise<number> => {
    const prefix = uniquePrefix("cost");
    budgeted.start();
    const answer = await client.post("/resources/create", { resources: elements(prefix, size) });
    expect(answer.status).toBe(200);
    expect(budgeted.spent().calls).toEqual(["read", "write"]);
    return budgeted.spent().statements;
  };
  expect(await statementsFor(ITEMS_MAX)).toBe(await statementsFor(1));
});

const TOO_MANY = ITEMS_MAX + 1;
const identifiers = Array.from({ length: TOO_MANY }, (_, index) => `many/${index}`);
const uids = identifiers.map((uid) => ({ datasource_id: "many", external_uid: uid }));

test.each<readonly [string, JsonObject]>([
  ["/resources/create", { resources: elements("many/", TOO_MANY) }],
  ["/resources/update", { updates: Object.fromEntries(identifiers.map((each) => [each, {}])) }],
  ["/resources/delete", { identifiers }],
  ["/resources/read", { identifiers }],
  ["/query", { identifiers }],
  ["/query/count", { identifiers }],
  ["/patients/register", { items: uids }],
  ["/patients/resolve", { items: uids }],
  [
    "/studies/register",
    { items: uids.map(({ external_uid }) => ({ patient_identifier: "many", external_uid })) },
  ],
])("%s refuses ten thousand and one elements", async (path, body) => {
  const before = await ledger();
  const answer = await client.post(path, body);
  expect([answer.status, (answer.body as JsonObject)["code"]]).toEqual([413, "too_large"]);
  expect(await ledger()).toEqual(before);
});

/** Spaces, then a body that is valid except for its size. */
const padded = (size: number): Uint8Array => {
  const text = JSON.stringify({ identifiers: [] });
  const bytes = new Uint8Array(size).fill(0x20);
  bytes.set(new TextEncoder().encode(text), size - text.length);
  return bytes;
};

const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array> => {
  let at = 0;
  return new ReadableStream({
    pull: (controller) => {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, (at += MIB)));
    },
  });
};

describe.each(["at once", "in chunks without a content-length"])(
  "a request body sent %s",
  (how) => {
    const send = async (size: number): Promise<Response> =>
      workerFetch(
        new Request(`${BASE}/resources/read`, {
          method: "POST",
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
          body: how === "at once" ? padded(size) : streamOf(padded(size)),
        }),
      );

    test("is accepted up to 32 MiB", async () => {
      const response = await send(32 * MIB);
      expect([response.status, await response.text()]).toEqual([200, "[]"]);
    });

    test.each([32 * MIB + 1, 33 * MIB])("is refused at %i bytes", async (size) => {
      const response = await send(size);
      const body: JsonObject = await response.json();
      expect([response.status, body["code"]]).toEqual([413, "too_large"]);
    });
  },
);

describe("an identifier", () => {
  const good: readonly string[] = [
    "a",
    "i".repeat(256),
    "😀".repeat(256),
    "a/b//c/...d/.e",
    "/",
    "été ∑ 漢字 \u{1F9EC}",
    "e\u0301",
    "%2F%00 ?#&+",
    "' OR 1=1; --",
    '"quoted"\\',
    "$.a[0]",
    "__proto__",
    "constructor",
    "null",
    "0",
    "\u202Eleft",
    "zero\u200Bwidth",
  ];

  test.each(good.map((identifier) => ({ identifier })))(
    "$identifier.length: $identifier is kept unchanged by every route",
    async ({ identifier }) => {
      const created = await client.post("/resources/create", {
        resources: [
          element(identifier),
          element(`${identifier.slice(0, 8)}>`, { parent_identifier: identifier }),
        ],
      });
      expect(created.body, created.text).toEqual({ created: 2 });
      const read = await client.post("/resources/read", { identifiers: [identifier, identifier] });
      const rows = read.body as readonly JsonObject[];
      expect(rows.map((row) => row["identifier"])).toEqual([identifier, identifier]);
      expect(rows[0]?.["children"]).toEqual([`${identifier.slice(0, 8)}>`]);
      const query = await client.post("/query", { filters: { identifier } });
      const found = (query.body as JsonObject)["results"] as readonly JsonObject[];
      expect(found.map((row) => row["identifier"])).toEqual([identifier]);
      const below = await client.post("/query/count", { parent_identifier: identifier });
      expect(below.body).toEqual({ count: 1 });
      const updates = Object.fromEntries([[identifier, { name: "y" }]]);
      expect((await client.post("/resources/update", { updates })).body).toEqual({ updated: 1 });
      const history = await client.post("/resources/history", { identifier });
      expect((history.body as readonly Json[]).length).toBe(2);
      const deleted = await client.post("/resources/delete", { identifiers: [identifier] });
      expect(deleted.body).toEqual({ deleted: 2 });
    },
  );

  const wrong = ["", " a", "a ", "\ta", "a\n", "a\u0000b", "a\u007f", "a\u0085", "a\u2028b"];
  test.each([
    ...wrong,
    "\ufeffa",
    "\u00a0a",
    "\ud800",
    "a\udc00b",
    "i".repeat(257),
    "😀".repeat(257),
  ])("is refused by every route: %j", async (identifier) => {
    const bodies: readonly (readonly [string, JsonObject])[] = [
      ["/resources/create", { resources: [element(identifier)] }],
      ["/resources/read", { identifiers: [identifier] }],
      ["/resources/update", { updates: Object.fromEntries([[identifier, {}]]) }],
      ["/resources/delete", { identifiers: [identifier] }],
      ["/resources/history", { identifier }],
      ["/resources/diff", { identifier, from: 1, to: 1 }],
      ["/query", { identifiers: [identifier] }],
      ["/patients/register", { datasource_id: identifier, external_uid: "x" }],
    ];
    for (const [path, body] of bodies) {
      const answer = await client.post(path, body);
      expect(answer.status, `${path} ${answer.text}`).toBe(400);
      expect(errorsOf(answer).length, path).toBeGreaterThan(0);
    }
  });
});
