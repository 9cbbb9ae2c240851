// Following the change feed reaches its end, and discloses nothing hidden.
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import type { Caller } from "../../../model/run.ts";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import { uniquePrefix, type Client } from "../../../support/clients/http.ts";
import { byId, define, tableOf, type Table } from "../../../support/clients/datasets.ts";
import { attach, named } from "../../../support/fixtures/relations.ts";
import { metadataOf } from "../../../support/fixtures/scan-entity.ts";
import { dataset, succeed } from "../../../support/fixtures/restricted-tree.ts";

interface Page {
  readonly changes: readonly JsonObject[];
  readonly next: string;
  readonly more: boolean;
}

let admin: Client;
let owner: Caller;
let reader: Caller;
let twigs: Table;

beforeAll(async () => {
  admin = await adminClient();
  owner = await callerOf("owner@example.org", "editor");
  reader = await callerOf("reader@example.org", "user");
  await define(admin, "leaves", named(["name"]));
  await define(
    admin,
    "twigs",
    named(["name"], [{ dataset: "leaves", cardinality: "many-to-many" }]),
  );
  twigs = tableOf(admin, "twigs");
});

const pageOf = async (client: Client, query: string): Promise<Page> =>
  (await succeed(client.get(`/changes?${query}`))) as unknown as Page;

/** All pages from a position to the end of the feed. */
const follow = async (client: Client, after: string, limit: number): Promise<readonly Page[]> => {
  const pages: Page[] = [];
  for (let place = after; ;) {
    const page = await pageOf(client, `after=${place}&limit=${limit}`);
    pages.push(page);
    if (!page.more) return pages;
    expect(page.next).not.toBe(place);
    place = page.next;
  }
};

const changesIn = (pages: readonly Page[]): readonly Json[] =>
  pages.flatMap(({ changes }) => changes);

const endOfFeed = async (): Promise<string> =>
  (await follow(admin, "0", 10_000)).at(-1)?.next ?? "";

/** Creates datasets, each in its own transaction; returns the number of the last one. */
const createEach = async (
  names: readonly string[],
  members: JsonObject = {},
  client = owner.client,
): Promise<string> => {
  let last = "";
  for (const name of names) {
    const answer = await client.post("/resources/create", { resources: [dataset(name, members)] });
    expect(answer.status, answer.text).toBe(200);
    last = answer.headers.get("x-transaction") ?? "";
  }
  return last;
};

const named5 = (prefix: string): readonly string[] => [1, 2, 3, 4, 5].map((at) => `${prefix}${at}`);

describe("following the feed", () => {
  /** Links and unlinks a twig and a leaf this many times. */
  const swing = async (times: number): Promise<void> => {
    const name = uniquePrefix("swing");
    const [twig] = await twigs.post({ name });
    const [leaf] = await tableOf(admin, "leaves").post({ name });
    const [parents, children] = [byId(twig?.["id"] ?? ""), byId(leaf?.["id"] ?? "")];
    for (let at = 0; at < times; at += 1) {
      await attach(twigs, "leaves", parents, children, at % 2 === 0 ? "attach" : "detach");
    }
  };

  test("ends with any limit, past any number of link changes", async () => {
    const start = await endOfFeed();
    const prefix = uniquePrefix("links");
    await createEach([`${prefix}first`]);
    await swing(9);
    await createEach([`${prefix}last`]);
    await swing(9);
    const whole = changesIn(await follow(admin, start, 10_000));
    expect(whole).toHaveLength(6);
    for (const limit of [1, 2, 3, 5, 7]) {
      const pages = await follow(admin, start, limit);
      expect(changesIn(pages)).toEqual(whole);
      expect(pages.slice(0, -1).every(({ changes }) => changes.length === limit)).toBe(true);
    }
  });

  test("with `wait` skips link changes, and returns the next change of a resource", async () => {
    const prefix = uniquePrefix("poll");
    const start = await endOfFeed();
    await swing(5);
    const waiting = pageOf(reader.client, `after=${start}&limit=1&wait=20`);
    await swing(5);
    await createEach([`${prefix}new`]);
    const { changes } = await waiting;
    // The linked records are visible too: their creation came first.
    expect(changes).toHaveLength(1);
    const seen = await follow(reader.client, start, 1);
    expect(seen.flatMap((page) => page.changes).at(-1)?.["identifier"]).toBe(`${prefix}new`);
  });

  test("continues within a transaction, also between its updates and creations", async () => {
    await admin.put("/metadata/scan/1.0.0", metadataOf("scan"));
    const prefix = uniquePrefix("inside");
    const save = async (names: readonly string[], modality: string): Promise<void> => {
      const data = names.map((name) => ({ _id: `${prefix}${name}`, modality }));
      const saved = (await succeed(
        admin.post("/data/save/scan", { data, upsert: true }),
      )) as JsonObject;
      expect(saved["modifiedCount"]).toBe(names.length);
    };
    await save(["b", "d", "a"], "CT");
    const start = await endOfFeed();
    await save(["x", "a", "y", "d", "z", "b", "c"], "MR");
    await save(["b", "x"], "US");
    const whole = changesIn(await follow(admin, start, 10_000));
    const shown = whole.map((change) => {
      const { identifier, operation } = change as JsonObject;
      return `${String(operation)} ${String(identifier).replace(prefix, "")}`;
    });
    expect(shown).toEqual([
      "update b",
      "update d",
      "update a",
      "create x",
      "create y",
      "create z",
      "create c",
      "update b",
      "update x",
    ]);
    for (const limit of [1, 2, 4, 7]) {
      expect(changesIn(await follow(admin, start, limit))).toEqual(whole);
    }
  });

  test("ends at the state of `as_of`, with any page size", async () => {
    const prefix = uniquePrefix("past");
    const start = await endOfFeed();
    const third = await createEach(named5(prefix).slice(0, 3));
    const record = (await succeed(admin.get(`/transactions/${third}`))) as JsonObject;
    await createEach(named5(prefix).slice(3));
    for (const limit of [1, 2, 3, 4]) {
      const found: Json[] = [];
      for (let place = start; ;) {
        const at = encodeURIComponent(String(record["instant"]));
        const page = await pageOf(admin, `after=${place}&limit=${limit}&as_of=${at}`);
        found.push(...page.changes.map(({ identifier }) => identifier ?? null));
        place = page.next;
        if (!page.more) break;
      }
      expect(found).toEqual(named5(prefix).slice(0, 3));
    }
  });
});

describe("a position of the feed", () => {
  test("is opaque: of constant length, different each time, and unreadable", async () => {
    await createEach(named5(uniquePrefix("opaque")));
    const texts = (await follow(admin, "0", 3)).map(({ next }) => next);
    texts.push(await endOfFeed(), await endOfFeed());
    expect(new Set(texts).size).toBe(texts.length);
    expect(new Set(texts.map((text) => text.length)).size).toBe(1);
    for (const text of texts) expect(text).toMatch(/^[\w-]{59}$/);
  });

  test("may be a transaction number; other values are refused", async () => {
    const last = await createEach(named5(uniquePrefix("number")));
    const page = await pageOf(admin, `after=${Number(last) - 1}`);
    expect(page.changes.map(({ transaction }) => transaction)).toEqual([Number(last)]);
    expect((await pageOf(admin, "after=999999999999999")).changes).toEqual([]);
    const body = { payload_type: "dataset", limit: 1 };
    const cursor = ((await succeed(admin.post("/query", body))) as JsonObject)["next_cursor"];
    for (const after of ["1.1", "-1", "x", String(cursor), `${page.next}A`, "A".repeat(59)]) {
      const { status, body: problem } = await admin.get(`/changes?after=${after}`);
      const { code, errors } = problem as { code: string; errors: readonly JsonObject[] };
      expect([after, status, code, errors[0]?.["path"]]).toEqual([
        after,
        400,
        "invalid_cursor",
        "after",
      ]);
    }
  });

  test("does not count hidden changes: pages are the same with and without them", async () => {
    const [plain, mixed] = [uniquePrefix("plain"), uniquePrefix("mixed")];
    const hidden = { access_level: "restricted" };
    const shapes = async (prefix: string, start: string, limit: number): Promise<Json> =>
      (await follow(reader.client, start, limit)).map(({ changes, next, more }) => ({
        changes: changes.map((change) => String(change["identifier"]).replace(prefix, "")),
        length: next.length,
        more,
      }));
    const begun = await endOfFeed();
    await createEach(named5(plain));
    const alone: Json[] = [];
    for (const limit of [1, 2, 3, 5, 6]) alone.push(await shapes(plain, begun, limit));
    const start = await endOfFeed();
    for (const name of named5(mixed)) {
      await createEach(named5(`${name}before`), hidden);
      await createEach([name]);
      const many = Array.from({ length: 40 }, (_, at) => dataset(`${name}many${at}`, hidden));
      await succeed(owner.client.post("/resources/create", { resources: many }));
    }
    const beside: Json[] = [];
    for (const limit of [1, 2, 3, 5, 6]) beside.push(await shapes(mixed, start, limit));
    expect(beside).toEqual(alone);
    expect(changesIn(await follow(owner.client, start, 7))).toHaveLength(5 * 46);
  });
});

describe("GET /transactions/{id} of a link change", () => {
  test("returns who made it, and the number of links", async () => {
    const name = uniquePrefix("page");
    const made = await twigs.post([{ name }, { name }]);
    const leaves = await tableOf(admin, "leaves").post([{ name }, { name }]);
    const path = (action: string): string =>
      `/ds/twigs?${new URLSearchParams({
        cond: JSON.stringify(byId(...made.map(({ id }) => id ?? ""))),
        action,
        action_resource: "leaves",
        action_cond: JSON.stringify(byId(...leaves.map(({ id }) => id ?? ""))),
      }).toString()}`;
    for (const action of ["attach", "detach"]) {
      const answer = await admin.send("PUT", path(action), {});
      expect(answer.status, answer.text).toBe(201);
      const id = answer.headers.get("x-transaction");
      const expected = { id: Number(id), operation: action, resources: 0, links: 4 };
      for (const client of [admin, owner.client, reader.client]) {
        expect(await succeed(client.get(`/transactions/${id}`))).toMatchObject(expected);
      }
    }
  });

  test("is 404 for callers who see none of its links, and counts the visible ones", async () => {
    const name = uniquePrefix("seen");
    const made = await twigs.post([{ name }, { name }]);
    const [leaf] = await tableOf(admin, "leaves").post({ name });
    const ids = made.map(({ id }) => String(id));
    const cond = JSON.stringify(byId(...ids));
    const attached = await admin.send(
      "PUT",
      `/ds/twigs?${new URLSearchParams({ cond, action: "attach", action_resource: "leaves", action_cond: JSON.stringify(byId(leaf?.["id"] ?? "")) }).toString()}`,
      {},
    );
    const id = attached.headers.get("x-transaction");
    const linksOf = async (client: Client): Promise<Json> => {
      const { status, body } = await client.get(`/transactions/${id}`);
      return status === 404 ? 404 : ((body as JsonObject)["links"] ?? null);
    };
    const restrict = async (identifier: string): Promise<void> => {
      const updates = { [identifier]: { access_level: "restricted" } };
      await succeed(admin.post("/resources/update", { updates }));
    };
    expect([await linksOf(admin), await linksOf(reader.client)]).toEqual([2, 2]);
    await restrict(ids[0] ?? "");
    expect([await linksOf(admin), await linksOf(reader.client)]).toEqual([2, 1]);
    await restrict(String(leaf?.["id"]));
    expect([await linksOf(admin), await linksOf(reader.client)]).toEqual([2, 404]);
  });
});
