import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { Principal } from "../../../../src/identity/principal.ts";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { ALWAYS, type Condition } from "../../../../src/query/condition.ts";
import { columnPath, keyPath } from "../../../../src/query/path.ts";
import { NOW, type AsOf, type Query, type SortKey } from "../../../../src/query/query.ts";
import { BUILTIN_TYPES } from "../../../../src/schema/registry.ts";
import { openSession } from "../../../../src/store/sql/session.ts";
import { countStatement, pageStatement, type PageRow } from "../../../../src/store/read/page.ts";
import type { Reading } from "../../../../src/store/read/reading.ts";
import { positionOf } from "../../../../src/store/read/complete.ts";
import { toRow } from "../../../../src/store/read/row.ts";
import { refreshRollups } from "../../../../src/store/closure/refresh.ts";
import { statementText, type Statement } from "../../../../src/store/sql/template.ts";
import { viewOf } from "../../../../src/store/visibility/visible.ts";
import { assemble, setting } from "../../../support/fixtures/callers.ts";
import { seedOf, sequence } from "../../../support/run/clock.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";
import { figure } from "../../../support/run/figures.ts";

/** The numbers of candidates tried first: none, some, and more than exist. */
const TRIED = [0, 3, 12, 500];
const SEED = seedOf(setting("FC_SEED"));
const ROWS = 120;
const ROUNDS = 6;

const name = (at: number): string => `way-${at}`;

let principals: readonly Principal[];
let instants: readonly string[];

/** A tree that grows, moves, loses branches and regains some of them, with restricted parts. */
beforeAll(async () => {
  const { admin, editor, reader, nobody } = await assemble();
  const random = sequence(SEED);
  const below = (most: number): number => Math.floor(random() * most);
  // The second half is of another owner, who does not see all of the first one.
  const parentOf = (at: number): Json => {
    if (at === 0) return null;
    const own = at < ROWS / 2 || random() < 0.1 ? 0 : ROWS / 2;
    return name(own === 0 && at >= ROWS / 2 ? 0 : at === own ? 0 : own + below(at - own));
  };
  const resources = Array.from({ length: ROWS }, (_, at) => ({
    identifier: name(at),
    payload_type: random() < 0.6 ? "image" : "dataset",
    parent_identifier: parentOf(at),
    access_level: ["internal", "public", "internal", "restricted"][below(at < 5 ? 3 : 4)] ?? "",
  }));
  const states: string[] = [];
  const write = async (path: string, body: JsonObject): Promise<void> => {
    const answer = await admin.client.post(path, body);
    expect([200, 400, 404], answer.text).toContain(answer.status);
    const at = await env.DB.prepare("SELECT max(recorded_at) AS at FROM transactions").first("at");
    states.push(new Date(Math.floor(Number(at) / 1_000)).toISOString());
  };
  await write("/resources/create", { resources: resources.slice(0, ROWS / 2) });
  await succeed(editor.client.post("/resources/create", { resources: resources.slice(ROWS / 2) }));
  for (let round = 0; round < ROUNDS; round += 1) {
    // The changes of the last rounds are only queued for the closure.
    if (round === ROUNDS - 2) {
      await refreshRollups(openSession(env.DB, "first-primary"), {
        callsMax: 1_000,
        millisMax: 60_000,
      });
    }
    const some = Array.from({ length: 15 }, () => 1 + below(ROWS - 1));
    const updates = Object.fromEntries(
      some.map((at) => [
        name(at),
        random() < 0.5 ? { license: `license ${round}` } : { parent_identifier: parentOf(at) },
      ]),
    );
    await write("/resources/update", { updates });
    const gone = name(20 + below(ROWS - 20));
    await write("/resources/delete", { identifiers: [gone] });
    if (random() < 0.5) {
      await write("/resources/update", { updates: { [gone]: { is_deleted: false } } });
    }
  }
  instants = states;
  principals = [admin, editor, reader, nobody].map(({ actor }) =>
    actor.role === "anonymous"
      ? { kind: "anonymous", id: "anonymous", role: null }
      : { kind: "user", id: actor.id, role: actor.role },
  );
}, 60_000);

const SORTS: readonly (readonly SortKey[])[] = [
  [{ path: columnPath("created_at"), direction: "desc" }],
  [{ path: columnPath("created_at"), direction: "asc" }],
  [{ path: columnPath("identifier"), direction: "asc" }],
  [{ path: columnPath("version"), direction: "desc" }],
  [{ path: keyPath("modality"), direction: "asc" }],
  [
    { path: columnPath("version"), direction: "asc" },
    { path: columnPath("created_at"), direction: "desc" },
  ],
];

const CONDITIONS: readonly Condition[] = [
  ALWAYS,
  { kind: "compare", path: columnPath("version"), op: "gt", value: 1 },
  { kind: "in", path: columnPath("identifier"), values: [3, 30, 60, 61, 90, 119].map(name) },
  { kind: "compare", path: columnPath("parent_identifier"), op: "eq", value: name(1) },
  { kind: "in", path: columnPath("parent_identifier"), values: [name(2), name(3), name(7)] },
];

const queries = fc.record({
  principal: fc.nat(3),
  instant: fc.option(fc.nat(30), { freq: 3 }),
  parent: fc.option(fc.nat(4), { freq: 5 }),
  indirect: fc.boolean(),
  types: fc.constantFrom<readonly string[]>(["image"], ["dataset"], [], ["image", "dataset"]),
  sort: fc.constantFrom(...SORTS),
  condition: fc.constantFrom(ALWAYS, ALWAYS, ...CONDITIONS),
  limit: fc.constantFrom(1, 2, 3, 4, 200),
  offset: fc.option(fc.nat(4), { freq: 3 }),
  after: fc.option(fc.nat(20), { freq: 2 }),
  guess: fc.constantFrom(null, 1, 40, 5_000),
});

type SubtreeQuery = Omit<
  typeof queries extends fc.Arbitrary<infer Value> ? Value : never,
  "limit"
> & {
  readonly limit: number;
};

const run = async <Row>(statement: Statement<Row>): Promise<readonly Row[]> => {
  const prepared = env.DB.prepare(statementText(statement)).bind(...statement.params);
  return (await prepared.all<Row>()).results;
};

const stateOf = ({ instant }: SubtreeQuery): AsOf =>
  instant === null
    ? NOW
    : {
        kind: "instant",
        instant: Date.parse(instants[instant % instants.length] ?? "") * 1_000,
      };

const readingOf = (one: SubtreeQuery, tried: number): Reading => {
  const { parent, indirect, types, sort, condition, limit } = one;
  const asOf = stateOf(one);
  const query: Query = {
    payloadTypes: types,
    condition,
    sort,
    page: { limit },
    asOf,
    ...(parent === null ? {} : { under: { parentIdentifier: name(parent), indirect } }),
  };
  const [first = ""] = types;
  const type = types.length === 1 ? (BUILTIN_TYPES.get(first) ?? null) : null;
  const principal = principals[one.principal] as Principal;
  return { query, view: viewOf(principal, asOf), type, tried };
};

/** The identifiers of a page, and the count, by one strategy. */
const answerOf = async (one: SubtreeQuery, tried: number, from: readonly PageRow[]) => {
  const reading = readingOf(one, tried);
  const row = one.after === null ? undefined : from[one.after % Math.max(1, from.length)];
  const after = row === undefined ? undefined : positionOf(reading.query, row);
  const page = {
    limit: one.limit,
    ...(after === undefined ? {} : { after }),
    ...(one.offset === null || row !== undefined ? {} : { offset: one.offset }),
  };
  const rows = await run(pageStatement(reading, page, { children: false }));
  const [counted] = await run(countStatement(reading));
  return { rows: rows.map((each) => toRow(each).identifier), count: counted?.count };
};

const setGuess = async (guess: number | null): Promise<void> => {
  const text =
    guess === null
      ? "DELETE FROM rollup_counts"
      : `INSERT OR REPLACE INTO rollup_counts (generation, rid, restricted, children, descendants)
         SELECT s.generation, r.rid, 0, ${guess}, ${guess} FROM rollup_state s CROSS JOIN resources r`;
  await env.DB.prepare(text).run();
};

test("every query plan for a subtree returns the same rows, whatever its assumed size", async () => {
  const numRuns = figure("SUBTREE_READS");
  await fc.assert(
    fc.asyncProperty(queries, async (one) => {
      const all = { ...one, limit: 200, offset: null, after: null };
      await setGuess(null);
      const whole = await run(
        pageStatement(readingOf(all, 0), { limit: 200 }, { children: false }),
      );
      const expected = await answerOf(one, 0, whole);
      await setGuess(one.guess);
      for (const tried of TRIED) {
        expect(await answerOf(one, tried, whole), `${tried} tried`).toEqual(expected);
      }
      expect((await answerOf(all, 3, [])).rows.length).toBe(Number(expected.count));
    }),
    { seed: SEED, numRuns },
  );
}, 120_000);
