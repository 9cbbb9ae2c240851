import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { patchOf, payloadOf, SPECIMEN, TYPES } from "../../../model/fields.ts";
import { filterOf } from "../../../model/filters.ts";
import { perform } from "../../../model/perform.ts";
import { query } from "../../../model/read.ts";
import type { Caller, Cast } from "../../../model/run.ts";
import { commit, emptyStore, stateAt } from "../../../model/store.ts";
import type { Request } from "../../../model/steps.ts";
import type { CreateElement, QueryBody, Store } from "../../../model/types.ts";
import { assemble, registerTypes, setting } from "../../../support/fixtures/callers.ts";
import { seedOf } from "../../../support/run/clock.ts";
import { figure } from "../../../support/run/figures.ts";

const SEED = seedOf(setting("FC_SEED"));
const ROWS = 80;
const FILTERS = figure("FILTERS");

const sample = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number): readonly T[] =>
  fc.sample(arbitrary, { numRuns, seed: SEED });

let cast: Cast;
let store: Store;

const write = async (by: Caller, request: Request): Promise<void> => {
  const outcome = perform(store, by.actor, request);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.errors));
  const { kind, ...body } = request;
  const answer = await by.client.post(`/resources/${kind}`, body);
  expect(answer.status, answer.text).toBe(200);
  const [touched] = outcome.changed;
  const history = await by.client.post("/resources/history", { identifier: touched ?? "" });
  const versions = history.body as unknown as readonly {
    transaction: { id: number; instant: string };
  }[];
  const { id, instant } = versions.at(-1)?.transaction ?? { id: 0, instant: "" };
  store = commit(store, by.actor, outcome.state, { transaction: id, instant });
};

const metadata = fc.record(
  {
    license: fc.constantFrom<Json>(null, "CC0-1.0", "a", "A", "ä"),
    access_level: fc.constantFrom<Json>("public", "internal", "restricted"),
  },
  { requiredKeys: [] },
);

const elementsOf = (type: string, count: number, from: number): readonly CreateElement[] => {
  const payloads = sample(payloadOf(TYPES[type] ?? {}), count);
  const members = sample(metadata as fc.Arbitrary<JsonObject>, count);
  return payloads.map((payload, at) => ({
    ...payload,
    ...members[at],
    identifier: `row-${from + at}`,
    payload_type: type,
    ...(at > 4 && at % 3 === 0 ? { parent_identifier: `row-${from + (at % 5)}` } : {}),
  }));
};

/** Rows of two types, then corrections, then tombstones: current and superseded versions of each. */
beforeAll(async () => {
  cast = await assemble();
  await registerTypes(cast.admin.client, TYPES);
  store = emptyStore(TYPES);
  const resources = [
    ...elementsOf("model_specimen", ROWS, 0),
    ...elementsOf("model_note", ROWS / 4, ROWS),
  ];
  await write(cast.admin, { kind: "create", resources });
  const patches = sample(patchOf(SPECIMEN), ROWS / 2);
  const updates = patches.map((patch, at) => [`row-${at * 2}`, patch] as const);
  await write(cast.admin, { kind: "update", updates: Object.fromEntries(updates) });
  const identifiers = [...stateAt(store).keys()].filter((_, at) => at % 7 === 6);
  await write(cast.admin, { kind: "delete", identifiers, cascade: false });
});

const instants = (): readonly string[] => store.moments.map((moment) => moment.instant);

/** Filters on the instants of versions, which are known only after the writes. */
const timeFilters = (): fc.Arbitrary<JsonObject> =>
  fc
    .record({
      column: fc.constantFrom("created_at", "updated_at"),
      operator: fc.constantFrom("eq", "ne", "lt", "lte", "gt", "gte"),
      instant: fc.constantFrom(...instants()),
    })
    .map(({ column, operator, instant }) => ({ [column]: { [operator]: instant } }));

const bodies = (): fc.Arbitrary<QueryBody> =>
  fc.record({
    payload_type: fc.constant("model_specimen"),
    filters: fc.oneof(
      { arbitrary: filterOf(SPECIMEN, 3), weight: 5 },
      {
        arbitrary: fc
          .tuple(timeFilters(), filterOf(SPECIMEN, 1))
          .map(([a, b]) => ({ and: [a, b] })),
        weight: 1,
      },
    ),
    sort_by: fc.constantFrom("created_at", ...Object.keys(SPECIMEN).slice(0, 7)),
    sort_order: fc.constantFrom("asc" as const, "desc" as const),
  });

const identifiersOf = (rows: unknown): readonly Json[] =>
  (rows as readonly JsonObject[]).map((row) => row["identifier"] ?? null);

const compare = async (by: Caller, body: QueryBody, asOf: string | undefined): Promise<void> => {
  const sent = { ...body, ...(asOf === undefined ? {} : { as_of: asOf }) } as unknown as JsonObject;
  const expected = identifiersOf(query(store, by.actor, body, asOf));
  const found = await by.client.post("/query", sent);
  expect(found.status, found.text).toBe(200);
  expect(identifiersOf((found.body as JsonObject)["results"])).toEqual(expected);
  const counted = await by.client.post("/query/count", sent);
  expect(counted.body).toEqual({ count: expected.length });
};

test(
  `${FILTERS} random filters and sorts find what the reference evaluation finds, in the present and the past`,
  { timeout: 600_000 },
  async () => {
    const property = fc.asyncProperty(bodies(), fc.nat({ max: 3 }), async (body, moment) => {
      await compare(moment === 3 ? cast.reader : cast.admin, body, instants()[moment]);
      await compare(cast.admin, body, undefined);
    });
    await fc.assert(property, { numRuns: FILTERS, seed: SEED });
    console.log(`${FILTERS} filters, seed ${SEED}`);
  },
);

test(
  "a condition and its negation count every row exactly once",
  { timeout: 600_000 },
  async () => {
    const countOf = async (filters: JsonObject): Promise<number> => {
      const body = { payload_type: "model_specimen", filters };
      const answer = await cast.admin.client.post("/query/count", body);
      return Number((answer.body as JsonObject)["count"]);
    };
    const all = await countOf({});
    const property = fc.asyncProperty(filterOf(SPECIMEN, 2), async (filter) => {
      expect((await countOf(filter)) + (await countOf({ not: filter }))).toBe(all);
    });
    await fc.assert(property, { numRuns: Math.ceil(FILTERS / 4), seed: SEED });
  },
);

const nested = (depth: number): JsonObject => {
  let filter: JsonObject = { label: "a" };
  for (let level = 0; level < depth; level += 1) filter = { not: filter };
  return filter;
};

test("filters may be nested sixteen deep, and no deeper", async () => {
  const ask = async (depth: number): Promise<number> =>
    (
      await cast.admin.client.post("/query", {
        payload_type: "model_specimen",
        filters: nested(depth),
      })
    ).status;
  expect(await ask(16)).toBe(200);
  expect(await ask(17)).toBe(400);
});

test("an unknown field, an unknown operator and a value of the wrong kind are refused by name", async () => {
  const cases: readonly (readonly [JsonObject, string, string])[] = [
    [{ no_such_field: 1 }, "unknown_field", "no_such_field"],
    [{ label: { equals: "a" } }, "unknown_operator", "equals"],
    [{ count: { gt: "abc" } }, "invalid_value", "count"],
    [{ fresh: "yes" }, "invalid_value", "fresh"],
    [{ collected_on: { lt: "tomorrow" } }, "invalid_value", "collected_on"],
    [{ taken_at: "2026-01-01" }, "invalid_value", "taken_at"],
    [{ label: { in: "a" } }, "invalid_value", "label"],
    [{ count: { between: [1] } }, "invalid_value", "count"],
    [{ label: { regex: "(" } }, "invalid_value", "label"],
    [{ and: { label: "a" } }, "invalid_value", "and"],
  ];
  for (const [filters, code, word] of cases) {
    const body = { payload_type: "model_specimen", filters };
    for (const path of ["/query", "/query/count"]) {
      const answer = await cast.admin.client.post(path, body);
      expect(answer.status, answer.text).toBe(400);
      expect((answer.body as JsonObject)["code"], answer.text).toBe(code);
      expect(answer.text).toContain(word);
    }
  }
});
