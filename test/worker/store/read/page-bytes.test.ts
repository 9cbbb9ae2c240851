// Pages that end at the byte limit contain each row once and in order, wherever the large rows are.
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { LIMITS } from "../../../../src/model/limits.ts";
import { appOver } from "../../../support/servers/app.ts";
import { budgetedDatabase } from "../../../support/databases/budget.ts";
import { adminToken, registerType, setting } from "../../../support/fixtures/callers.ts";
import { clientOf, uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";
import { seedOf } from "../../../support/run/clock.ts";
import { define, pathOf } from "../../../support/clients/datasets.ts";
import { identifiersOf, readOne, succeed } from "../../../support/fixtures/restricted-tree.ts";

const SEED = seedOf(setting("FC_SEED"));
const TYPE = "weighed_note";
const NOTES = 60;
/** Bytes of the metadata of all rows of a call. */
const HEADS = 500_000;

const prefix = uniquePrefix("weighed");
const budgeted = budgetedDatabase(env.DB);
/** A client over a database without counters. */
let writer: Client;
let counted: Client;
let instant = "";

const lengths = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 6_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 6_000, max: 300_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1_000_000, max: 1_800_000 }) },
);

const notes: readonly JsonObject[] = fc
  .sample(fc.tuple(lengths, fc.integer({ min: 0, max: 5 })), { numRuns: NOTES, seed: SEED })
  .map(([length, label], at) => ({
    identifier: `${prefix}${String(at).padStart(3, "0")}`,
    payload_type: TYPE,
    n: at % 7,
    label: `label ${label}`,
    text: `${String(label)}${"é".repeat(Math.floor(length / 2))}`,
  }));

beforeAll(async () => {
  const token = await adminToken();
  writer = clientOf(appOver(env.DB), token);
  counted = clientOf(appOver(budgeted.database), token);
  await registerType(writer, TYPE, {
    type: "object",
    properties: { n: { type: "integer" }, label: { type: "string" }, text: { type: "string" } },
  });
  for (let from = 0; from < NOTES; from += 10) {
    const resources = notes.slice(from, from + 10);
    await succeed(writer.post("/resources/create", { resources }));
  }
  const last = await readOne(writer, String(notes.at(-1)?.["identifier"]));
  instant = String(last["updated_at"]);
}, 120_000);

/** A request none of whose database calls may return more than this many bytes. */
const bounded = async (
  most: number,
  send: (client: Client) => Promise<Answer>,
): Promise<{ readonly answer: Answer; readonly calls: number }> => {
  budgeted.start();
  const answer = await send(counted);
  const { bytes } = budgeted.spent();
  expect(Math.max(...bytes), `bytes of a call; seed ${SEED}`).toBeLessThanOrEqual(most);
  return { answer, calls: bytes.length };
};

const PAGE_MAX = LIMITS.pageBytesMax + HEADS;

interface Page {
  readonly results: readonly JsonObject[];
  readonly next_cursor: string | null;
}

const pageOf = async (body: JsonObject): Promise<Page> => {
  const { answer } = await bounded(PAGE_MAX, (client) => client.post("/query", body));
  expect(answer.status, `${answer.text.slice(0, 500)} seed ${SEED}`).toBe(200);
  return answer.body as unknown as Page;
};

const walk = async (body: JsonObject): Promise<readonly JsonObject[]> => {
  const first = await pageOf(body);
  const rows = [...first.results];
  for (let cursor = first.next_cursor; cursor !== null;) {
    const page = await pageOf({ ...body, cursor });
    expect(page.results.length, `rows of a page; seed ${SEED}`).toBeGreaterThan(0);
    rows.push(...page.results);
    cursor = page.next_cursor;
  }
  return rows;
};

/** The members that identify a row, without its long text. */
const markOf = (row: JsonObject): Json => [
  row["identifier"] ?? null,
  row["n"] ?? null,
  row["label"] ?? null,
  typeof row["text"] === "string" ? row["text"].length : null,
];

const SORTS = ["identifier", "n", "label", "text"] as const;
const COLUMNS = [null, ["n"], ["label", "text"], ["version"]] as const;

const questions = fc.record({
  limit: fc.constantFrom(5, 17, 100),
  sort_by: fc.constantFrom(...SORTS),
  sort_order: fc.constantFrom("asc", "desc"),
  columns: fc.constantFrom(...COLUMNS),
  isRegex: fc.boolean(),
  isPast: fc.boolean(),
});

const isMatched = ({ label }: JsonObject): boolean => /[0-2]$/.test(String(label));

const compare = (one: Json, other: Json): number => {
  if (one === other) return 0;
  return (one ?? 0) < (other ?? 0) ? -1 : 1;
};

/** The expected rows, from memory. */
const expectedOf = (question: {
  readonly sort_by: (typeof SORTS)[number];
  readonly sort_order: string;
  readonly columns: (typeof COLUMNS)[number];
  readonly isRegex: boolean;
}): readonly Json[] => {
  const { sort_by: key, sort_order: order, columns, isRegex } = question;
  const shows = (name: string): boolean =>
    columns === null || (columns as readonly string[]).includes(name);
  return notes
    .filter((note) => !isRegex || isMatched(note))
    .toSorted(
      (one, other) =>
        compare(one[key] ?? null, other[key] ?? null) * (order === "asc" ? 1 : -1) ||
        compare(one["identifier"] ?? null, other["identifier"] ?? null),
    )
    .map(({ identifier = null, n = null, label = null, text = null }) =>
      markOf({
        identifier,
        n: shows("n") ? n : null,
        label: shows("label") ? label : null,
        text: shows("text") ? text : null,
      }),
    );
};

describe("pages of records of any size", () => {
  test("contain each record once and in order", { timeout: 300_000 }, async () => {
    const property = fc.asyncProperty(questions, async (question) => {
      const { limit, sort_by, sort_order, columns, isRegex, isPast } = question;
      const rows = await walk({
        payload_type: TYPE,
        limit,
        sort_by,
        sort_order,
        filters: {
          identifier: { starts_with: prefix },
          ...(isRegex ? { label: { regex: "[0-2]$" } } : {}),
        },
        ...(columns === null ? {} : { select_columns: [...columns] }),
        ...(isPast ? { as_of: instant } : {}),
      });
      expect(rows.map(markOf), JSON.stringify(question)).toEqual(expectedOf(question));
    });
    await fc.assert(property, { numRuns: 12, seed: SEED });
  });

  test("take one call when little of the records is returned", async () => {
    const body = { payload_type: TYPE, select_columns: ["n"], limit: NOTES };
    const { answer, calls } = await bounded(HEADS, (client) => client.post("/query", body));
    expect((answer.body as unknown as Page).results).toHaveLength(NOTES);
    expect(calls).toBe(1);
  });

  test("are read in the requested order, including repeats", async () => {
    const own = identifiersOf(notes).map(String);
    const identifiers = [...own.toReversed(), ...own.slice(0, 9), own[3] ?? ""];
    const { answer } = await bounded(PAGE_MAX, (client) =>
      client.post("/resources/read", { identifiers }),
    );
    const rows = answer.body as unknown as readonly JsonObject[];
    const byIdentifier = new Map(notes.map((note) => [String(note["identifier"]), note]));
    expect(rows.map(markOf), `seed ${SEED}`).toEqual(
      identifiers.map((identifier) => markOf(byIdentifier.get(identifier) ?? {})),
    );
  });
});

test("pages of children with previews are ended by bytes, and continue along their links", async () => {
  const parent = `${uniquePrefix("weighed-parent")}p`;
  const children = Array.from({ length: 12 }, (_, at) => ({
    identifier: `${parent}/${String(at).padStart(2, "0")}`,
    payload_type: TYPE,
    parent_identifier: parent,
    n: at,
    text: "x".repeat(at % 3 === 0 ? 1_500_000 : 10),
  }));
  const top = { identifier: parent, payload_type: TYPE, n: 0 };
  for (const resources of [[top], children.slice(0, 6), children.slice(6)]) {
    await succeed(writer.post("/resources/create", { resources }));
  }
  const found: Json[] = [];
  const parameters = `parent_identifier=${encodeURIComponent(parent)}&with_payloads=true&limit=5`;
  for (let path: string | undefined = `/children?${parameters}`; path !== undefined;) {
    const at: string = path;
    const { answer } = await bounded(PAGE_MAX, (client) => client.get(at));
    expect(answer.status, answer.text.slice(0, 500)).toBe(200);
    found.push(...identifiersOf(answer.body as unknown as readonly JsonObject[]));
    path = /<([^>]+)>; rel="next"/.exec(answer.headers.get("link") ?? "")?.[1];
  }
  expect(found).toEqual(identifiersOf(children));
});

test("long lists of sources end a page as well", { timeout: 120_000 }, async () => {
  const base = uniquePrefix("weighed-sources");
  const sources = Array.from(
    { length: 300 },
    (_, at) => `${base}${String(at).padStart(4, "0")}${"s".repeat(240 - base.length - 4)}`,
  );
  const make = (resources: JsonObject[]): Promise<Json> =>
    succeed(writer.post("/resources/create", { resources }));
  await make(sources.map((identifier) => ({ identifier, payload_type: TYPE, n: 0 })));
  const derived = Array.from({ length: 150 }, (_, at) => `${base}d${String(at).padStart(4, "0")}`);
  for (let from = 0; from < derived.length; from += 30) {
    await make(
      derived.slice(from, from + 30).map((identifier) => ({
        identifier,
        payload_type: TYPE,
        n: 1,
        derived_from: sources,
      })),
    );
  }
  const rows = await walk({
    payload_type: TYPE,
    limit: 1_000,
    sort_by: "identifier",
    sort_order: "asc",
    filters: { identifier: { starts_with: `${base}d` } },
  });
  expect(identifiersOf(rows)).toEqual(derived);
  expect(rows.every((row) => String(row["derived_from"]) === String(sources))).toBe(true);
});

describe("related records", () => {
  const RECORDS = "weighed_records";
  const PARTS = "weighed_parts";
  const N = { name: "n", type: "integer" };
  const COUNTS = [3, 12, 2] as const;
  /** The bound on related records includes the last record. */
  const RELATED_MAX = LIMITS.pageBytesMax + 2_500_000;

  const get = async (parameters: Record<string, Json>): Promise<Answer> => {
    const path = pathOf(RECORDS, parameters);
    return (await bounded(RELATED_MAX, (client) => client.get(path))).answer;
  };

  beforeAll(async () => {
    await define(writer, PARTS, {
      fields: [N, { name: "text", type: "string" }],
    });
    await define(writer, RECORDS, {
      fields: [N],
      relations: [{ dataset: PARTS, cardinality: "one-to-many" }],
    });
    for (const [n, count] of COUNTS.entries()) {
      const text = "y".repeat(1_000_000);
      const parts = Array.from({ length: count }, (_, at) => ({ n: at, text }));
      const answer = await writer.post(pathOf(RECORDS), [{ n, [PARTS]: parts }]);
      if (answer.status !== 200) throw new Error(answer.text.slice(0, 500));
    }
  }, 120_000);

  test("are returned for all records when their selected fields are short", async () => {
    const answer = await get({ outputs: ["n", `${PARTS}.n`] });
    expect(answer.status, answer.text.slice(0, 500)).toBe(200);
    const records = answer.body as unknown as readonly JsonObject[];
    expect(records.map((each) => (each[PARTS] as readonly Json[]).length)).toEqual(COUNTS);
  });

  test("are returned completely below the bound", async () => {
    const answer = await get({ outputs: ["n", `${PARTS}.text`], cond: [{ field: "n" }, "<", 1] });
    expect(answer.status, answer.text.slice(0, 500)).toBe(200);
    const [record] = answer.body as unknown as readonly JsonObject[];
    const parts = record?.[PARTS] as readonly JsonObject[];
    expect(parts.map(({ text }) => String(text).length)).toEqual([1e6, 1e6, 1e6]);
  });

  test("are refused above the bound, with the cure", async () => {
    const answer = await get({ outputs: ["n", `${PARTS}.text`], cond: [{ field: "n" }, "=", 1] });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(`at most ${LIMITS.pageBytesMax} bytes`);
  });
});
