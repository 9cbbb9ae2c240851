// Pages of histories, of the feed and of the audit hold what fits, and each entry once, whatever is large:
// payloads, reasons, or many small ones; now and as of an instant.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { LIMITS } from "../../../../src/model/limits.ts";
import { appOver } from "../../../support/servers/app.ts";
import { budgetedDatabase } from "../../../support/databases/budget.ts";
import { adminToken, registerType } from "../../../support/fixtures/callers.ts";
import { clientOf, uniquePrefix, type Client } from "../../../support/clients/http.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";

const TYPE = "bounded_note";
/** Four bytes a character: the longest that a reason can be. */
const LONG = "🩻".repeat(LIMITS.reasonLengthMax);
const VERSIONS = 30;
/** What a page has beside payloads and reasons. */
const HEADS = 1_000_000;

const budgeted = budgetedDatabase(env.DB);
let admin: Client;
let counted: Client;
const identifier = `${uniquePrefix("bounds")}a`;
let start = 0;

/** The length of the text of a version, and whether its reason is long. */
const shapeOf = (version: number): { readonly length: number; readonly isLong: boolean } => ({
  length: version % 3 === 0 ? 1_700_000 : version % 3 === 1 ? 3 : 400_000,
  isLong: version % 2 === 0,
});

beforeAll(async () => {
  const token = await adminToken();
  admin = clientOf(appOver(env.DB), token);
  counted = clientOf(appOver(budgeted.database), token);
  await registerType(admin, TYPE, { type: "object", properties: { text: { type: "string" } } });
  start = Number(await env.DB.prepare("SELECT max(id) AS id FROM transactions").first("id"));
  for (let version = 1; version <= VERSIONS; version += 1) {
    const { length, isLong } = shapeOf(version);
    const reason = isLong ? { reason: LONG } : {};
    const text = "x".repeat(length);
    await succeed(
      version === 1
        ? admin.post("/resources/create", {
            resources: [{ identifier, payload_type: TYPE, text }],
            ...reason,
          })
        : admin.post("/resources/update", { updates: { [identifier]: { text } }, ...reason }),
    );
  }
}, 120_000);

/** One request, none of whose calls of the database may answer more than a page may hold. */
const bounded = async (send: () => ReturnType<Client["get"]>): Promise<JsonObject> => {
  budgeted.start();
  const answer = await send();
  expect(answer.status, answer.text.slice(0, 300)).toBe(200);
  expect(Math.max(...budgeted.spent().bytes)).toBeLessThanOrEqual(LIMITS.pageBytesMax + HEADS);
  expect(answer.text.length).toBeLessThanOrEqual(LIMITS.pageBytesMax + HEADS);
  return answer.body as JsonObject;
};

const markOf = (row: JsonObject): Json => [
  row["version"] ?? null,
  String(row["text"]).length,
  (row["transaction"] as JsonObject)["reason"] === LONG,
];

const expected = (last: number): readonly Json[] =>
  Array.from({ length: last }, (_, at) => {
    const { length, isLong } = shapeOf(at + 1);
    return [at + 1, length, isLong];
  });

const instantOf = async (transaction: number): Promise<string> => {
  const record = (await succeed(admin.get(`/transactions/${transaction}`))) as JsonObject;
  return String(record["instant"]);
};

describe("a history of large and small versions", () => {
  test.each([1, 7, 1_000])("in pages of at most %i is whole, now and then", async (limit) => {
    for (const last of [VERSIONS, 17]) {
      const asOf = last === VERSIONS ? {} : { as_of: await instantOf(start + last) };
      const found: JsonObject[] = [];
      for (let cursor: Json | undefined; cursor !== null;) {
        const body = { identifier, limit, ...asOf, ...(cursor === undefined ? {} : { cursor }) };
        const page = await bounded(() => counted.post("/resources/history", body));
        const results = page["results"] as readonly JsonObject[];
        expect(results.length).toBeGreaterThan(0);
        found.push(...results);
        cursor = page["next_cursor"] ?? null;
      }
      expect(found.map(markOf)).toEqual(expected(last));
    }
  });
});

describe("records of the audit that name many resources", () => {
  const request = uniquePrefix("audited");
  const SIZES = [900_000, 10, 1_500_000, 700_000, 1_900_000, 10, 10, 1_200_000];
  const RECORDS = 40;
  /** Other records have the same members; these are of one request, long after all others. */
  const LATER = 5_000_000_000_000_000;

  beforeAll(async () => {
    const insert = env.DB
      .prepare(`INSERT INTO audit (recorded_at, principal, surface, operation, route,
      request_id, resources, identifiers) VALUES (?1, 'system', 'catalogue', 'presign', '', ?2, 1, ?3)`);
    for (let at = 0; at < RECORDS; at += 1) {
      const identifiers = JSON.stringify(["i".repeat(SIZES[at % SIZES.length] ?? 0)]);
      await insert.bind(LATER + Math.floor(at / 3), request, identifiers).run();
    }
  }, 60_000);

  test.each([1, 3, 1_000])("fill pages of at most %i as far as they fit", async (limit) => {
    for (const order of ["asc", "desc"]) {
      const found: JsonObject[] = [];
      let pages = 0;
      const first = order === "asc" ? `&after=${LATER - 1}.1.0` : "";
      for (let after = first; ;) {
        const path = `/admin/transactions?limit=${limit}&order=${order}${after}`;
        const page = await bounded(() => counted.get(path));
        const records = page["transactions"] as readonly JsonObject[];
        const own = records.filter(({ request_id: id }) => id === request);
        found.push(...own);
        pages += 1;
        if (page["next"] === null || own.length < records.length) break;
        after = `&after=${String(page["next"])}`;
      }
      const lengths = found.map(({ identifiers }) => String((identifiers as Json[])[0]).length);
      const all = Array.from({ length: RECORDS }, (_, at) => SIZES[at % SIZES.length]);
      expect(lengths).toEqual(order === "asc" ? all : all.toReversed());
      // 40 records have 31 MB: four pages at least.
      expect(pages).toBeGreaterThanOrEqual(limit === 1_000 ? 4 : Math.ceil(RECORDS / limit));
    }
  });
});

describe("many changes, each with the longest reason", () => {
  const prefix = uniquePrefix("reasoned");
  const EACH = 1_500;
  let before = 0;
  let middle = 0;

  const create = async (name: string): Promise<number> => {
    const resources = Array.from({ length: EACH }, (_, at) => ({
      identifier: `${prefix}${name}${String(at).padStart(4, "0")}`,
      payload_type: TYPE,
      text: "",
    }));
    await succeed(admin.post("/resources/create", { resources, reason: LONG }));
    return Number(await env.DB.prepare("SELECT max(id) AS id FROM transactions").first("id"));
  };

  beforeAll(async () => {
    before = Number(await env.DB.prepare("SELECT max(id) AS id FROM transactions").first("id"));
    middle = await create("a");
    await create("b");
  }, 60_000);

  test("are pages of the feed that fit, each change once", { timeout: 120_000 }, async () => {
    for (const isPast of [false, true]) {
      const asOf = isPast ? `&as_of=${encodeURIComponent(await instantOf(middle))}` : "";
      const found = new Set<Json>();
      let count = 0;
      for (let place: Json = String(before), more = true; more;) {
        const path = `/changes?after=${encodeURIComponent(String(place))}&limit=10000${asOf}`;
        const page = await bounded(() => counted.get(path));
        const changes = page["changes"] as readonly JsonObject[];
        for (const change of changes) {
          expect(change["reason"]).toBe(LONG);
          found.add(change["identifier"] ?? null);
        }
        count += changes.length;
        place = page["next"] ?? "";
        more = page["more"] === true;
      }
      expect([found.size, count]).toEqual(isPast ? [EACH, EACH] : [2 * EACH, 2 * EACH]);
    }
  });

  test("are pages of the audit that fit, each record once", async () => {
    for (const last of [VERSIONS, 12]) {
      const asOf =
        last === VERSIONS ? "" : `&as_of=${encodeURIComponent(await instantOf(start + last))}`;
      const found: Json[] = [];
      for (let after = ""; ;) {
        const path = `/admin/transactions?limit=5000&order=asc${asOf}${after}`;
        const page = await bounded(() => counted.get(path));
        const records = page["transactions"] as readonly JsonObject[];
        const own = records.filter(({ transaction }) => {
          const id = Number(transaction);
          return id > start && id <= start + VERSIONS;
        });
        found.push(...own.map(({ reason }) => reason === LONG));
        if (page["next"] === null) break;
        after = `&after=${String(page["next"])}`;
      }
      expect(found).toEqual(expected(last).map((mark) => (mark as readonly Json[])[2]));
    }
  });
});
