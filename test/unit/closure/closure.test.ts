// Closure and rollups after random edits, with runs that fail at every statement or run concurrently,
// compared with a forest in memory and with recursive queries.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countsOf } from "../../../src/store/closure/counts.ts";
import { refreshRollups, type Pace, type Rollup } from "../../../src/store/closure/refresh.ts";
import type { Session } from "../../../src/store/sql/session.ts";
import { raw, statementText, type Sql } from "../../../src/store/sql/template.ts";
import type { View } from "../../../src/store/visibility/visible.ts";
import { figure } from "../../support/run/figures.ts";
import { migrated } from "../../support/databases/migrated.ts";
import { Forest, type Change, changes } from "./forest.ts";

type Database = ReturnType<typeof migrated>;

class CutOff extends Error {}

/** Preparing the long statements takes most of the time. */
const prepared = new WeakMap<Database, Map<string, ReturnType<Database["prepare"]>>>();

const runIn = (database: Database, statement: Sql) => {
  const known = prepared.get(database) ?? new Map<string, ReturnType<Database["prepare"]>>();
  prepared.set(database, known);
  const text = statementText(statement);
  const one = known.get(text) ?? database.prepare(text);
  known.set(text, one);
  return one.all(...statement.params);
};

/** A session whose batch is rolled back when the statement at this position fails; 0: none fails. */
const sessionOn = (database: Database, failsAt: number): Session => {
  let statements = 0;
  const run = (statement: Sql): unknown => {
    statements += 1;
    if (statements === failsAt) throw new CutOff("cut off");
    return runIn(database, statement);
  };
  const batch = async (all: readonly Sql[]): Promise<unknown> => {
    await Promise.resolve();
    database.exec("BEGIN");
    try {
      const results = all.map(run);
      database.exec("COMMIT");
      return results;
    } catch (error) {
      database.exec("ROLLBACK");
      throw error;
    }
  };
  return { batch } as unknown as Session;
};

const PACE: Pace = { callsMax: 10_000, millisMax: 600_000 };

const refresh = (database: Database, pace: Partial<Pace>, failsAt = 0): Promise<Rollup> =>
  refreshRollups(sessionOn(database, failsAt), { ...PACE, ...pace });

const VIEWS: Readonly<Record<string, View>> = {
  admin: { visibility: { kind: "everything" }, snapshot: null },
  reader: { visibility: { kind: "reader", principal: "user:somebody" }, snapshot: null },
};

const rows = (database: Database, text: string): readonly unknown[] =>
  database
    .prepare(text)
    .all()
    .map((row) => ({ ...row }));

/** Children and descendants of each live node that a reader sees. */
const expectedCounts = (forest: Forest, isAdmin: boolean): Readonly<Record<string, unknown>> => {
  const live = forest.nodes.filter(
    (node) => !node.isDeleted && (isAdmin || !forest.isRestricted(node)),
  );
  return Object.fromEntries(
    live.map(({ rid }) => {
      const steps = live.map((node) =>
        forest.ancestors(node).findIndex((ancestor) => ancestor.rid === rid),
      );
      const count = (isWanted: (step: number) => boolean): number => steps.filter(isWanted).length;
      return [rid, [count((step) => step === 0), count((step) => step >= 0)]];
    }),
  );
};

/** Counts are exact at every stage of the job, from rollups and by walking. */
const expectCounts = (database: Database, forest: Forest): void => {
  for (const [name, view] of Object.entries(VIEWS)) {
    const isAdmin = name === "admin";
    const nodes = raw(`SELECT rid, identifier FROM resources
      WHERE is_deleted = 0 AND visibility <= ${isAdmin ? 2 : 1}`);
    for (const most of [0, 1_000]) {
      const found = runIn(database, countsOf(view, nodes, most));
      const byRid = found.map((row) => [row["rid"], [row["children"], row["descendants"]]]);
      expect(Object.fromEntries(byRid)).toEqual(expectedCounts(forest, isAdmin));
    }
  }
};

const WALKED = `WITH RECURSIVE down(rid, identifier, path, levels) AS (
    SELECT rid, identifier, '', 0 FROM resources r WHERE is_deleted = 0
      AND NOT EXISTS (SELECT 1 FROM resources p WHERE p.identifier = r.parent_identifier AND p.is_deleted = 0)
    UNION ALL SELECT r.rid, r.identifier, d.path || d.rid || '/', d.levels + 1
    FROM down d CROSS JOIN resources r ON r.parent_identifier = d.identifier AND r.is_deleted = 0)
  SELECT rid, path, levels FROM down WHERE levels > 0 ORDER BY rid`;

const rollups = (database: Database) => {
  const of = "WHERE generation = (SELECT generation FROM rollup_state) ORDER BY 1, 2, 3, 4";
  return {
    counts: rows(
      database,
      `SELECT rid, restricted, children, descendants FROM rollup_counts ${of}`,
    ),
    statistics: rows(
      database,
      `SELECT rid, restricted, dimension, member, count, bytes FROM rollup_statistics ${of}`,
    ),
  };
};

/** Everything is up to date: the closure equals the forest and a walk, the rollups equal a full recount. */
const expectUpToDate = async (database: Database, forest: Forest): Promise<void> => {
  const closure = rows(database, "SELECT * FROM closure ORDER BY rid");
  expect(closure).toEqual(forest.closure);
  expect(rows(database, "SELECT rid, path, levels FROM closure ORDER BY rid")).toEqual(
    rows(database, WALKED),
  );
  for (const table of ["rollup_queue", "rollup_changes", "rollup_restricted"]) {
    expect(rows(database, `SELECT * FROM ${table}`), table).toEqual([]);
  }
  const before = rollups(database);
  expect(before.counts).toEqual(
    rows(
      database,
      `SELECT j.value AS rid, c.restricted, sum(j.key = c.levels - 1) AS children, count(*) AS descendants
      FROM closure c CROSS JOIN json_each('[' || replace(rtrim(c.path, '/'), '/', ',') || ']') j
      GROUP BY 1, 2 ORDER BY 1, 2, 3, 4`,
    ),
  );
  expect(await refresh(database, { isFull: true, sliceRids: 4 })).toMatchObject({ differences: 0 });
  expect(rollups(database)).toEqual(before);
};

interface Act {
  readonly writes: readonly (readonly Change[])[];
  readonly sliceRids: number;
  readonly run: "cut off" | "twice" | "some calls" | "none";
  readonly calls: number;
}

const acts = fc.array(
  fc.record<Act>({
    writes: fc.array(changes, { minLength: 1, maxLength: 3 }),
    sliceRids: fc.integer({ min: 1, max: 6 }),
    run: fc.constantFrom("cut off", "twice", "some calls", "none"),
    calls: fc.integer({ min: 2, max: 4 }),
  }),
  { minLength: 1, maxLength: 7 },
);

/** Runs the job repeatedly, failing at its first statement, then at its second, until a run completes. */
const runCutOff = async (database: Database, forest: Forest, sliceRids: number): Promise<void> => {
  for (let failsAt = 1; ; failsAt += 1) {
    try {
      await refresh(database, { sliceRids }, failsAt);
      return;
    } catch (error) {
      if (!(error instanceof CutOff)) throw error;
    }
    if (failsAt % 3 === 0) expectCounts(database, forest);
  }
};

const play = async (script: readonly Act[]): Promise<void> => {
  const database = migrated();
  const forest = new Forest(database);
  for (const { writes, sliceRids, run, calls } of script) {
    for (const write of writes) forest.write(write);
    expectCounts(database, forest);
    if (run === "cut off") await runCutOff(database, forest, sliceRids);
    if (run === "twice") {
      await Promise.all([
        refresh(database, { sliceRids }),
        refresh(database, { sliceRids: sliceRids + 1 }),
      ]);
    }
    if (run === "some calls") await refresh(database, { sliceRids, callsMax: calls });
    expectCounts(database, forest);
  }
  expect(await refresh(database, { sliceRids: 3 })).toMatchObject({ isComplete: true });
  await expectUpToDate(database, forest);
  database.close();
};

const HISTORIES = figure("CLOSURE");
const MILLIS_EACH = 2_000;

test(
  `${HISTORIES} random histories: closure and rollups are what walking gives, however runs are cut off`,
  { timeout: Math.max(60_000, HISTORIES * MILLIS_EACH) },
  async () => {
    await fc.assert(fc.asyncProperty(acts, play), { numRuns: HISTORIES });
  },
);

describe("a full run", () => {
  const at = (place: number, parent: number | null): Change => ({
    at: place,
    parent,
    isDeleted: false,
    isRestricted: false,
    modality: "CT",
    bytes: 1,
  });

  test.each([
    ["a wrong count", "UPDATE rollup_counts SET descendants = descendants + 1"],
    ["a missing figure", "DELETE FROM rollup_statistics WHERE dimension = 'modality'"],
    ["a wrong path", "UPDATE closure SET path = '9/' || path"],
    ["a missing path", "DELETE FROM closure"],
    ["a path too many", "INSERT INTO closure VALUES (1, '2/', 1, '', 1, 0)"],
  ])("finds %s, and corrects it", async (_what, fault) => {
    const database = migrated();
    const forest = new Forest(database);
    forest.write([at(0, null), at(1, 0), at(2, 1)]);
    await refresh(database, {});
    forest.write([at(3, 2), at(6, 1)]);
    await refresh(database, {});
    database.exec(fault);
    const { differences } = await refresh(database, { isFull: true });
    expect(differences).toBeGreaterThan(0);
    await expectUpToDate(database, forest);
  });
});
