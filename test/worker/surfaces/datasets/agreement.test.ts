// Random conditions over random records and links: SQL and the reference interpreter agree, in the
// present and in the past. The reference reads the tables directly.
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { matches, type ConditionRow } from "../../../../src/query/matches.ts";
import { createRegistry } from "../../../../src/schema/registry.ts";
import type { TypeDefinition } from "../../../../src/schema/type.ts";
import { datasetNamed } from "../../../../src/surfaces/datasets/language/dataset.ts";
import { parseCond } from "../../../../src/surfaces/datasets/language/cond.ts";
import { adminClient, setting } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";
import { seedOf } from "../../../support/run/clock.ts";
import { byId, define, tableOf } from "../../../support/clients/datasets.ts";
import { idsOf } from "../../../support/fixtures/scan-datasets.ts";
import { figure } from "../../../support/run/figures.ts";

const SEED = seedOf(setting("FC_SEED"));
const CONDITIONS = figure("DATASET_CONDITIONS");

const FIELDS: JsonObject = {
  fields: [
    { name: "s", type: "string" },
    { name: "n", type: "integer" },
    { name: "f", type: "float" },
    { name: "b", type: "boolean" },
    { name: "d", type: "date" },
    { name: "t", type: "datetime" },
    { name: "j", type: "json" },
  ],
};

const sample = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number): readonly T[] =>
  fc.sample(arbitrary, { numRuns, seed: SEED });

const texts = fc.constantFrom("", "a", "A", "ab", "aä", "%", "_", "\\", "10", "b\n");
const numbers = fc.constantFrom(-1, 0, 1, 2, 10);
const floats = fc.constantFrom(-1.5, 0, 0.5, 2, 10);
const dates = fc.constantFrom("2025-12-31", "2026-01-01", "2026-01-02");
const instants = fc.constantFrom("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5+01:00");
const anything = fc.constantFrom<Json>(1, "a", true, [], [1, "a"], { k: 1 }, { k: "a", l: [2] });

const VALUES: Readonly<Record<string, fc.Arbitrary<Json>>> = {
  s: texts,
  n: numbers,
  f: floats,
  b: fc.boolean(),
  d: dates,
  t: instants,
  j: anything,
  free: anything,
  "j.k": fc.oneof(numbers, texts),
  "j.l.0": numbers,
};

const record = fc.record(
  {
    s: texts,
    n: numbers,
    f: floats,
    b: fc.boolean(),
    d: dates,
    t: instants,
    j: anything,
    free: anything,
  },
  { requiredKeys: [] },
) as fc.Arbitrary<JsonObject>;

const WAYS = ["", "kids.", "kids.tags."];

const comparison: fc.Arbitrary<readonly Json[]> = fc
  .tuple(fc.constantFrom(...Object.keys(VALUES)), fc.constantFrom(...WAYS), fc.boolean())
  .chain(([name, way, swapped]) => {
    const field = { field: `${way}${name}` };
    const value = VALUES[name] ?? texts;
    const scalar = value.filter((each) => typeof each !== "object");
    const one = fc.oneof(
      fc.tuple(
        fc.constantFrom("=", "!=", "<", "<=", ">", ">="),
        fc.oneof(scalar, fc.constant(null)),
      ),
      fc.tuple(
        fc.constantFrom("in", "not in"),
        fc.array(fc.oneof(scalar, fc.constant(null)), { maxLength: 3 }),
      ),
      fc.tuple(fc.constant("null"), fc.boolean()),
      fc.tuple(fc.constantFrom("like"), fc.constantFrom("%a%", "a_", "\\%", "%", "_")),
      fc.tuple(fc.constantFrom("regex"), fc.constantFrom("^a", "b$", "1", "^$", "[[:alpha:]]")),
      fc.tuple(fc.constant("between"), fc.tuple(scalar, scalar)),
    ) as fc.Arbitrary<readonly [string, Json]>;
    return one.map(([word, constant]): readonly Json[] =>
      swapped && word === "<" ? [constant, word, field] : [field, word, constant],
    );
  });

const { cond } = fc.letrec<{ cond: readonly Json[]; item: readonly Json[] }>((tie) => ({
  item: fc.oneof(
    { depthSize: "small" },
    { arbitrary: comparison, weight: 3 },
    { arbitrary: tie("cond").map((inner) => [inner as Json]), weight: 1 },
  ),
  cond: fc
    .array(fc.tuple(fc.constantFrom("and", "or", "&&", "||"), tie("item")), {
      minLength: 1,
      maxLength: 4,
    })
    .map((items) => items.flatMap(([word, item], at) => (at === 0 ? [...item] : [word, ...item]))),
}));

/** The live records of the tables with their links, for the reference. */
type World = ReadonlyMap<string, ConditionRow>;

const worldOf = async (): Promise<World> => {
  const { results: rows } = await env.DB.prepare(
    "SELECT identifier, payload_type, created_at, updated_at, payload FROM resources WHERE is_deleted = 0",
  ).all<JsonObject>();
  const { results: edges } = await env.DB.prepare(
    "SELECT kind, source, target FROM edges WHERE tx_to IS NULL",
  ).all<{ kind: string; source: string; target: string }>();
  const world = new Map<string, ConditionRow>();
  for (const row of rows) {
    const identifier = String(row["identifier"]);
    world.set(identifier, {
      column: (name) => (row[name] ?? null) as string | number | null,
      payload: JSON.parse(String(row["payload"])) as JsonObject,
      related: (relation) =>
        edges
          .filter(({ kind, source }) => kind === relation && source === identifier)
          .flatMap(({ target }) => world.get(target) ?? []),
    });
  }
  return world;
};

let admin: Client;
const worlds: { readonly asOf: string | undefined; readonly world: World }[] = [];

const registry = async () => {
  const { results } = await env.DB.prepare("SELECT definition FROM schemas").all<{
    definition: string;
  }>();
  return createRegistry(
    1,
    results.map(({ definition }) => JSON.parse(definition) as TypeDefinition),
  );
};

beforeAll(async () => {
  admin = await adminClient();
  await define(admin, "tags", FIELDS);
  await define(admin, "kids", {
    ...FIELDS,
    relations: [{ dataset: "tags", cardinality: "many-to-many" }],
    indexes: ["n"],
  });
  await define(admin, "folk", {
    ...FIELDS,
    relations: [{ dataset: "kids", cardinality: "many-to-many" }],
    indexes: ["n", "s"],
  });
  const nested = fc.record({
    own: record,
    kids: fc.array(fc.record({ own: record, tags: fc.array(record, { maxLength: 2 }) }), {
      maxLength: 3,
    }),
  });
  const folk = tableOf(admin, "folk");
  const made = await folk.post(
    sample(nested, 60).map(({ own, kids }) => ({
      ...own,
      kids: kids.map(({ own: kid, tags }) => ({ ...kid, tags })),
    })),
  );
  const [mark] = await tableOf(admin, "tags").post({ s: "mark" });
  worlds.push({ asOf: String(mark?.["created_at"]), world: await worldOf() });
  const ids = idsOf(made);
  const patches = sample(record, 20);
  await folk.patch(patches.map((patch, at) => ({ ...patch, id: ids[at * 2] ?? "" })));
  await folk.remove({ cond: byId(...ids.filter((_, at) => at % 9 === 8)) });
  const some = byId(...ids.slice(0, 6));
  await folk.put(
    {},
    {
      action: "attach",
      cond: some,
      action_resource: "kids",
      action_cond: [{ field: "n" }, ">", 0],
    },
  );
  await tableOf(admin, "kids").patch({ s: "ab", n: null }, { cond: [{ field: "b" }, "=", true] });
  worlds.push({ asOf: undefined, world: await worldOf() });
});

test(
  `${CONDITIONS} random conditions find what the reference finds, in the present and the past`,
  { timeout: 600_000 },
  async () => {
    const known = await registry();
    const dataset = datasetNamed(known, "folk");
    if (dataset === undefined) throw new Error("There is no folk.");
    const folk = tableOf(admin, "folk");
    let found = 0;
    const property = fc.asyncProperty(
      cond,
      fc.nat({ max: worlds.length - 1 }),
      async (given, which) => {
        const { asOf, world } = worlds[which] ?? { asOf: undefined, world: new Map() };
        const { condition } = parseCond([...given], dataset, known, "cond");
        const expected = [...world.values()]
          .filter((row) => row.column("payload_type") === "folk" && matches(condition, row))
          .map((row) => String(row.column("identifier")));
        const parameters = {
          cond: [...given],
          outputs: ["id"],
          ...(asOf === undefined ? {} : { as_of: asOf }),
        };
        const answered = (await folk.get(parameters)).map(({ id }) => String(id));
        expect(answered.toSorted()).toEqual(expected.toSorted());
        const [{ n } = { n: null }] = await folk.get({
          ...parameters,
          outputs: [{ n: "count(*)" }],
        });
        expect(n).toBe(expected.length);
        found += Number(expected.length > 0);
      },
    );
    await fc.assert(property, { numRuns: CONDITIONS, seed: SEED });
    expect(found).toBeGreaterThan(CONDITIONS / 4);
    console.log(`${CONDITIONS} conditions, seed ${SEED}`);
  },
);

test(
  "aggregates with random conditions equal those of the reference",
  { timeout: 600_000 },
  async () => {
    const known = await registry();
    const dataset = datasetNamed(known, "folk");
    if (dataset === undefined) throw new Error("There is no folk.");
    const folk = tableOf(admin, "folk");
    const world = [...(worlds.at(-1)?.world.values() ?? [])];
    const outputs = [
      "b",
      { c: "count(n)" },
      { low: "min(s)" },
      { top: "max(n)" },
      { sum: "sum(n)" },
      { mean: "avg(f)" },
    ];
    const property = fc.asyncProperty(cond, async (given) => {
      const { condition } = parseCond([...given], dataset, known, "cond");
      const rows = world
        .filter((row) => row.column("payload_type") === "folk" && matches(condition, row))
        .map(({ payload }) => payload);
      const groups = Map.groupBy(rows, ({ b = null }) => b);
      const order: readonly Json[] = [false, true, null];
      const expected = order.flatMap((b) => {
        const own = groups.get(b);
        if (own === undefined) return [];
        const numbersOf = (name: string) =>
          own.flatMap((row) => (typeof row[name] === "number" ? [row[name]] : []));
        const [n, f] = [numbersOf("n"), numbersOf("f")];
        const s = own.flatMap((row) => (typeof row["s"] === "string" ? [row["s"]] : []));
        const total = (all: readonly number[]) => all.reduce((sum, each) => sum + each, 0);
        return [
          {
            b,
            c: n.length,
            low: s.length === 0 ? null : s.reduce((one, other) => (other < one ? other : one)),
            top: n.length === 0 ? null : Math.max(...n),
            sum: n.length === 0 ? null : total(n),
            mean: f.length === 0 ? null : total(f) / f.length,
          },
        ];
      });
      expect(await folk.get({ cond: [...given], outputs })).toEqual(expected);
    });
    await fc.assert(property, { numRuns: Math.ceil(CONDITIONS / 8), seed: SEED });
  },
);
