// The budget of one request holds for every kind of request.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/model/limits.ts";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { appOver } from "../../support/servers/app.ts";
import { budgetedDatabase } from "../../support/databases/budget.ts";
import { adminClient, adminToken } from "../../support/fixtures/callers.ts";
import { clientOf, type Client } from "../../support/clients/http.ts";
import { aroundDatabase } from "../../support/databases/database.ts";
import { define, pathOf } from "../../support/clients/datasets.ts";
import { bodyOf, codesOf, defineEntity } from "../../support/clients/entities.ts";

const DOCUMENTS = 20_000;
const AT_ONCE = 5_000;

let admin: Client;
let token: string;
const budgeted = budgetedDatabase(env.DB);

beforeAll(async () => {
  admin = await adminClient();
  token = await adminToken();
  await defineEntity(admin, "many", { t: { type: "string" }, n: { type: "integer" } });
  for (let from = 0; from < DOCUMENTS; from += AT_ONCE) {
    const data = Array.from({ length: AT_ONCE }, (_, at) => ({
      _id: `many${from + at}`,
      t: (from + at) % 5_001 === 0 ? `rare ${from + at}` : `text ${from + at}`,
      n: 0,
    }));
    await bodyOf(admin.put("/data/insert/many", { data }));
  }
}, 120_000);

const NOTHING: JsonObject = { field: "t", regex: "^nothing" };
const RARE: JsonObject = { field: "t", regex: "^rare" };
/** 0, 5001, 10002 and 15003. */
const RARE_COUNT = 4;

const find = (seq: number, query: JsonObject = NOTHING): JsonObject => ({
  seq,
  op: "find",
  request: { entity: "many", query },
});

const responsesOf = (body: JsonObject): readonly JsonObject[] =>
  (body["responses"] as readonly { readonly response: JsonObject }[]).map(
    ({ response }) => response,
  );

const isDone = (response: JsonObject): boolean => response["status"] === "COMPLETE";

const spent = async <T>(run: (client: Client) => Promise<T>) => {
  const client = clientOf(appOver(budgeted.database), token);
  budgeted.start();
  const result = await run(client);
  const { calls, statements, rowsRead } = budgeted.spent();
  return { result, calls: calls.length, statements, rowsRead };
};

/** Pages of a walk over all documents: the first is smaller. */
const PAGES = 1 + Math.ceil((DOCUMENTS - LIMITS.pageSizeDefault) / LIMITS.pageSizeMax);

describe("a bulk request", () => {
  test("of 100 finds by regular expression tests the rows of one request, and says which did not run", async () => {
    const requests = Array.from({ length: 100 }, (_, seq) => find(seq));
    const { result, calls } = await spent((client) =>
      bodyOf(client.post("/data/bulk", { requests })),
    );
    const responses = responsesOf(result);
    const whole = Math.floor(LIMITS.residualRowsMax / DOCUMENTS);
    const done = responses.filter(isDone).length;
    // Some run at the same time, so the last few may all be unfinished.
    expect(done).toBeGreaterThanOrEqual(whole - LIMITS.callsAtOnceMax + 1);
    expect(done).toBeLessThanOrEqual(whole + 1);
    expect(responses.slice(0, whole - LIMITS.callsAtOnceMax + 1).every(isDone)).toBe(true);
    expect(calls).toBeLessThanOrEqual((whole + LIMITS.callsAtOnceMax) * PAGES + 5);
    for (const response of responses.filter((each) => !isDone(each))) {
      expect(codesOf(response)).toEqual(["crud:ResultSizeTooLarge"]);
      const [error] = response["errors"] as readonly JsonObject[];
      expect(error?.["msg"]).toMatch(
        /at most 150000 for one request; 1[56]\d{4} were tested.*Narrow/,
      );
    }
  });

  test("whose parts are sequential runs those that fit and none after them", async () => {
    const requests = Array.from({ length: 12 }, (_, at) => at).flatMap((at) => [
      find(2 * at),
      { seq: 2 * at + 1, op: "save", request: { entity: "many", data: { _id: "many1", n: at } } },
    ]);
    const { result } = await spent((client) => bodyOf(client.post("/data/bulk", { requests })));
    const states = responsesOf(result).map(isDone);
    const first = states.indexOf(false);
    // Seven finds of 20,000 are 140,000: the eighth exceeds 150,000 while it runs, and is stopped.
    expect(first).toBe(14);
    expect(states.slice(first)).toEqual(states.slice(first).map(() => false));
  });

  test.each(["insert", "save", "update", "delete"])(
    "of 100 writes (%s) never sends more statements than the platform takes, and does what it reports",
    async (op) => {
      const id = (seq: number): string => `bulk-${op}-${seq}`;
      const own = (seq: number): JsonObject => ({ field: "_id", op: "=", rvalue: id(seq) });
      const requestOf = (seq: number): JsonObject => {
        if (op === "update") return { query: own(seq), update: { $set: { n: 7 } } };
        return op === "delete"
          ? { query: own(seq) }
          : { data: { _id: id(seq), n: 7 }, upsert: true };
      };
      const before = op === "insert" ? [] : Array.from({ length: 100 }, (_, seq) => seq);
      if (before.length > 0) {
        const data = before.map((seq) => ({ _id: id(seq), n: 1 }));
        await bodyOf(admin.put("/data/insert/many", { data }));
      }
      const requests = Array.from({ length: 100 }, (_, seq) => ({
        seq,
        op,
        request: { entity: "many", ...requestOf(seq) },
      }));
      const headers = { "idempotency-key": `bulk-${op}` };
      const { result, statements } = await spent((client) =>
        bodyOf(client.post("/data/bulk", { requests }, headers)),
      );
      expect(statements).toBeLessThanOrEqual(LIMITS.requestStatementsMax);
      const states = responsesOf(result).map(isDone);
      const done = states.filter(Boolean).length;
      expect(done).toBeGreaterThan(60);
      expect(done).toBeLessThan(100);
      expect(states).toEqual(states.map((_, at) => at < done));
      const changed = await env.DB.prepare(
        `SELECT count(*) AS n FROM resources WHERE identifier LIKE ? AND is_deleted = ?
          AND (is_deleted = 1 OR payload ->> 'n' = 7)`,
      )
        .bind(`bulk-${op}-%`, op === "delete" ? 1 : 0)
        .first<number>("n");
      expect(changed).toBe(done);
      // The same request again, in parts: completed parts are replayed, and the rest runs.
      const rest = await spent((client) =>
        bodyOf(client.post("/data/bulk", { requests: requests.slice(done) })),
      );
      expect(responsesOf(rest.result).every(isDone)).toBe(true);
    },
  );
});

describe("a request", () => {
  test("of any kind has a bounded number of concurrent database calls", async () => {
    let running = 0;
    let most = 0;
    const database = aroundDatabase(env.DB, async (_sent, call) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
      try {
        return await call();
      } finally {
        running -= 1;
      }
    });
    const client = clientOf(appOver(database), token);
    const query: JsonObject = { field: "n", op: "=", rvalue: -1 };
    const requests = Array.from({ length: 40 }, (_, seq) => find(seq, query));
    const body = await bodyOf(client.post("/data/bulk", { ordered: false, requests }));
    expect(responsesOf(body).every(isDone)).toBe(true);
    expect(most).toBe(LIMITS.callsAtOnceMax);
  });
});

describe("a write by a query that SQL cannot decide", () => {
  const update = (client: Client, query: JsonObject, n: number) =>
    client.post("/data/update/many", { query, update: { $set: { n } } });

  test("tests more rows than it may change, and finds none", async () => {
    const { result, calls } = await spent((client) => bodyOf(update(client, NOTHING, 1)));
    expect(result).toMatchObject({ status: "COMPLETE", modifiedCount: 0, matchCount: 0 });
    // One load with too many candidates, one walk over them, one load without candidates.
    expect(calls).toBeLessThanOrEqual(2 + PAGES + 1);
  });

  test("changes or deletes those that it finds among them", async () => {
    const changed = await bodyOf(update(admin, RARE, 5));
    expect(changed).toMatchObject({ modifiedCount: RARE_COUNT, matchCount: RARE_COUNT });
    const query: JsonObject = { $and: [RARE, { field: "n", op: "=", rvalue: 5 }] };
    const found = await bodyOf(
      admin.post("/data/find/many", { query, projection: { field: "t" } }),
    );
    expect((found["processed"] as readonly Json[]).length).toBe(RARE_COUNT);
    const deleted = await bodyOf(admin.post("/data/delete/many", { query: RARE }));
    expect(deleted).toMatchObject({ modifiedCount: RARE_COUNT });
    expect(await bodyOf(update(admin, RARE, 6))).toMatchObject({ matchCount: 0 });
  });

  test("is refused when it finds more than it may change, and changes nothing", async () => {
    const refused = await update(admin, { field: "t", regex: "^text" }, 9);
    expect([refused.status, codesOf(refused.body as JsonObject)]).toEqual([
      413,
      ["crud:ResultSizeTooLarge"],
    ]);
    expect(refused.text).toContain("finds at most 10000 documents");
    const touched = await admin.post("/data/find/many", {
      query: { field: "n", op: "=", rvalue: 9 },
    });
    expect(touched.body).toMatchObject({ matchCount: 0 });
  });

  test("has the same bounds for records of a dataset, and for the ends of links", async () => {
    const fields = [{ name: "name", type: "string" }];
    await define(admin, "twig", { fields });
    const relations = [{ dataset: "twig", cardinality: "many-to-many" }];
    await define(admin, "bough", { fields, relations });
    const names = (from: number): Json =>
      Array.from({ length: 6_000 }, (_, at) => ({ name: `leaf ${from + at}` }));
    for (const from of [0, 6_000]) {
      const made = await admin.post(pathOf("twig"), names(from));
      expect(made.status, made.text.slice(0, 300)).toBe(200);
    }
    await admin.post(pathOf("bough"), { name: "bough" });
    const matching = (pattern: string): Json => [{ field: "name" }, "regex", pattern];
    const ends = matching("^leaf 1?1111$");
    const attached = await admin.send(
      "PUT",
      pathOf("bough", {
        cond: [{ field: "name" }, "in", ["bough"]],
        action: "attach",
        action_resource: "twig",
        action_cond: ends,
      }),
      {},
    );
    expect(attached.status, attached.text).toBe(201);
    const links = await env.DB.prepare(
      "SELECT count(*) AS n FROM edges WHERE kind = 'bough.twig' AND tx_to IS NULL",
    ).first<number>("n");
    expect(links).toBe(2);
    const changed = await admin.send("PATCH", pathOf("twig", { cond: ends }), { name: "found" });
    expect((changed.body as readonly Json[]).length).toBe(2);
  });
});
