// Histories page by page: each version of one state occurs once, even with concurrent writes.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { budgetedDatabase } from "../../../support/databases/budget.ts";
import { adminToken, callerOf, registerType } from "../../../support/fixtures/callers.ts";
import { clientOf, uniquePrefix, type Client } from "../../../support/clients/http.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";

const TYPE = "paged_note";
const VERSIONS = 12;

const budgeted = budgetedDatabase(env.DB);
let admin: Client;
/** The same client over a database that counts. */
let counted: Client;

beforeAll(async () => {
  const token = await adminToken();
  admin = clientOf(appOver(env.DB), token);
  counted = clientOf(appOver(budgeted.database), token);
  await registerType(admin, TYPE, {
    type: "object",
    properties: { n: { type: "integer" }, text: { type: "string" } },
  });
});

const update = (identifier: string, members: JsonObject): Promise<Json> =>
  succeed(admin.post("/resources/update", { updates: { [identifier]: members } }));

/** A resource with so many versions, the last but one of them a tombstone. */
const make = async (text = ""): Promise<string> => {
  const identifier = `${uniquePrefix("history")}a`;
  const resources = [{ identifier, payload_type: TYPE, n: 1, text }];
  await succeed(admin.post("/resources/create", { resources }));
  for (let n = 2; n <= VERSIONS - 2; n += 1) await update(identifier, { n });
  await update(identifier, { is_deleted: true });
  await update(identifier, { is_deleted: false });
  return identifier;
};

interface Page {
  readonly results: readonly JsonObject[];
  readonly next_cursor: string | null;
  readonly limit: number | null;
}

const pageOf = async (client: Client, body: JsonObject): Promise<Page> =>
  (await succeed(client.post("/resources/history", body))) as unknown as Page;

/** All pages, with a callback between two of them. */
const walk = async (
  client: Client,
  body: JsonObject,
  between: () => Promise<unknown> = async () => undefined,
): Promise<readonly Page[]> => {
  const pages = [await pageOf(client, body)];
  for (let cursor = pages[0]?.next_cursor; typeof cursor === "string";) {
    await between();
    const page = await pageOf(client, { ...body, cursor });
    pages.push(page);
    cursor = page.next_cursor;
  }
  return pages;
};

const versionsOf = (rows: readonly JsonObject[]): readonly Json[] =>
  rows.map((row) => row["version"] ?? null);

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at + 1);

const whole = async (client: Client, body: JsonObject): Promise<readonly JsonObject[]> =>
  (await succeed(client.post("/resources/history", body))) as unknown as readonly JsonObject[];

describe("a history", () => {
  test.each(upTo(VERSIONS + 1))("in pages of %i is complete", async (limit) => {
    const identifier = await make();
    const all = await whole(admin, { identifier });
    expect(versionsOf(all)).toEqual(upTo(VERSIONS));
    const pages = await walk(admin, { identifier, limit });
    expect(pages.flatMap(({ results }) => results)).toEqual(all);
    expect(pages).toHaveLength(Math.ceil(VERSIONS / limit));
    expect(pages.map((page) => page.limit)).toEqual(pages.map(() => limit));
  });

  test("keeps the state of its first page, whatever is written meanwhile", async () => {
    const identifier = await make();
    let n = 100;
    const pages = await walk(admin, { identifier, limit: 5 }, () =>
      update(identifier, { n: (n += 1) }),
    );
    expect(versionsOf(pages.flatMap(({ results }) => results))).toEqual(upTo(VERSIONS));
    const later = await whole(admin, { identifier });
    expect(versionsOf(later)).toEqual(upTo(VERSIONS + 2));
  });

  test("as of an instant ends with the version of then, on every page", async () => {
    const identifier = await make();
    const all = await whole(admin, { identifier });
    for (const last of [1, 5, VERSIONS]) {
      const { instant = "" } = (all[last - 1]?.["transaction"] ?? {}) as JsonObject;
      const firstBody = { identifier, limit: 2, as_of: instant };
      const pages = await walk(admin, firstBody, () => update(identifier, { n: 1_000 + last }));
      expect(pages.flatMap(({ results }) => results)).toEqual(all.slice(0, last));
      expect(await whole(admin, { identifier, as_of: instant })).toEqual(all.slice(0, last));
    }
  });

  test("of large versions has as many per page as fit, and all of them as a stream", async () => {
    const identifier = await make("x".repeat(1_500_000));
    budgeted.start();
    const pages = await walk(counted, { identifier, limit: 5_000 });
    expect(versionsOf(pages.flatMap(({ results }) => results))).toEqual(upTo(VERSIONS));
    expect(pages.map(({ results }) => results.length)).toEqual([5, 5, 2]);
    const all = await whole(counted, { identifier });
    expect(versionsOf(all)).toEqual(upTo(VERSIONS));
    expect(all[3]?.["text"]).toHaveLength(1_500_000);
    expect(Math.max(...budgeted.spent().bytes)).toBeLessThan(9_000_000);
  });

  test("reads as many versions as a page has, not all of them", async () => {
    const identifier = await make();
    const read = async (body: JsonObject): Promise<number> => {
      budgeted.start();
      await pageOf(counted, body);
      return budgeted.spent().rowsRead;
    };
    const first = { identifier, limit: 1 };
    const cursor = (await pageOf(admin, first)).next_cursor;
    const before = [await read(first), await read({ ...first, cursor })];
    for (let n = 0; n < 60; n += 1) await update(identifier, { n: 2_000 + n });
    const after = [await read(first), await read({ ...first, cursor })];
    for (const [at, rows] of after.entries()) expect(rows).toBeLessThan((before[at] ?? 0) + 10);
  });

  test("refuses cursors of another resource, state or call", async () => {
    const [identifier, other] = [await make(), await make()];
    const { next_cursor: cursor } = await pageOf(admin, { identifier, limit: 1 });
    const refused = async (path: string, body: JsonObject): Promise<Json> => {
      const answer = await admin.post(path, body);
      return [answer.status, (answer.body as JsonObject)["code"] ?? null];
    };
    const invalid = [400, "invalid_cursor"];
    expect(await refused("/resources/history", { identifier: other, cursor })).toEqual(invalid);
    expect(await refused("/resources/history", { identifier, cursor: `${cursor}A` })).toEqual(
      invalid,
    );
    expect(await refused("/query", { payload_type: TYPE, cursor })).toEqual(invalid);
    const as_of = new Date().toISOString();
    expect(await refused("/resources/history", { identifier, cursor, as_of })).toEqual(invalid);
    expect(await refused("/resources/history", { identifier, limit: 0 })).toEqual([
      400,
      "invalid_value",
    ]);
    expect(await refused("/resources/history", { identifier, limit: 5_001 })).toEqual([
      400,
      "invalid_value",
    ]);
  });

  test("that became restricted between two pages ends for callers who may no longer see it", async () => {
    const identifier = await make();
    const { client } = await callerOf("history-reader@example.org", "user");
    const { next_cursor: cursor } = await pageOf(client, { identifier, limit: 3 });
    await update(identifier, { access_level: "restricted" });
    expect((await client.post("/resources/history", { identifier, cursor })).status).toBe(404);
    expect(versionsOf((await pageOf(admin, { identifier, limit: 3, cursor })).results)).toEqual([
      4, 5, 6,
    ]);
  });
});

describe("a difference", () => {
  test("of any two versions equals that of the history, and loads no others", async () => {
    const identifier = await make("x".repeat(200_000));
    const all = await whole(admin, { identifier });
    const instants = all.map((row) => (row["transaction"] as JsonObject)["instant"] as string);
    for (const [from, to] of [
      [1, 2],
      [2, 1],
      [3, VERSIONS],
      [VERSIONS - 1, VERSIONS],
      [4, 4],
    ] as const) {
      budgeted.start();
      const firstBody = { identifier, from, to };
      const byNumber = (await succeed(counted.post("/resources/diff", firstBody))) as JsonObject;
      const [spent] = budgeted.spent().bytes;
      expect(spent).toBeLessThan(500_000);
      expect([byNumber["from"], byNumber["to"]]).toEqual([from, to]);
      const byInstant = { identifier, from: instants[from - 1] ?? "", to: instants[to - 1] ?? "" };
      expect(await succeed(admin.post("/resources/diff", byInstant))).toEqual(byNumber);
      const [before, after] = [all[from - 1]?.["n"], all[to - 1]?.["n"]];
      const changes = byNumber["changes"] as readonly JsonObject[];
      const change = changes.find(({ path }) => path === "n");
      expect([change?.["before"] ?? before, change?.["after"] ?? after]).toEqual([before, after]);
    }
  });

  test("distinguishes a missing version from a missing resource", async () => {
    const identifier = await make();
    const detailOf = async (body: JsonObject): Promise<Json> => {
      const answer = await admin.post("/resources/diff", body);
      const [first] = (answer.body as JsonObject)["errors"] as readonly JsonObject[];
      return [answer.status, first?.["path"] ?? null];
    };
    expect(await detailOf({ identifier, from: 1, to: 99 })).toEqual([404, "to"]);
    const before = "2020-01-01T00:00:00Z";
    expect(await detailOf({ identifier, from: before, to: 1 })).toEqual([404, "from"]);
    expect(await detailOf({ identifier, from: "then", to: 1 })).toEqual([400, "from"]);
    const missing = { identifier: `${identifier}/none`, from: 1, to: 1 };
    expect(await detailOf(missing)).toEqual([404, "identifier"]);
  });
});
