// What a slice contributes to the counts above it, compared with walking up in a small forest.
import fc from "fast-check";
import { expect, test } from "vitest";
import { expand } from "../../../src/store/closure/expand.ts";
import { sliceCounts, sliceStatistics, type SliceWalk } from "../../../src/store/closure/slice.ts";
import { raw, sql, statementText, type Sql } from "../../../src/store/sql/template.ts";
import { migrated } from "../../support/migrated.ts";
import { runs } from "../../support/figures.ts";

interface Node {
  /** Position of the parent; null for a root. */
  readonly parent: number | null;
  readonly type: "datasource" | "image";
  readonly isRestricted: boolean;
  readonly bytes: number;
}

const SIZE = 200;

const PLACES: readonly number[] = Array.from({ length: SIZE }, (_, at) => at);

const member = fc.record({
  parent: fc.option(fc.nat(SIZE), { freq: 20 }),
  /** How far before the node its parent is, at most. */
  reach: fc.constantFrom(1, 5, SIZE),
  type: fc.constantFrom<Node["type"]>("datasource", "image", "image"),
  isRestricted: fc.boolean(),
  bytes: fc.nat(1_000),
});

/** Rows lie in the order of the tree, as most do, or in any: moves lead to that. */
const places = fc.oneof(
  fc.constant(PLACES),
  fc.shuffledSubarray([...PLACES], { minLength: SIZE, maxLength: SIZE }),
);

const forest = fc
  .tuple(fc.array(member, { minLength: SIZE, maxLength: SIZE }), places)
  .map(([members, order]): readonly Node[] => {
    const placed: Node[] = [];
    for (const [position, { parent, reach, ...others }] of members.entries()) {
      const isRoot = parent === null || position === 0;
      const above = isRoot ? null : position - 1 - (parent % Math.min(reach, position));
      const place = order[position] ?? position;
      placed[place] = { ...others, parent: above === null ? null : (order[above] ?? above) };
    }
    return placed;
  });

const database = migrated();

const set = (nodes: readonly Node[]): void => {
  database.exec("DROP TRIGGER IF EXISTS resources_kept");
  database.exec("DELETE FROM resources; DELETE FROM restricted");
  const rows = nodes.map(({ parent, type, bytes }, at) => [
    at + 1,
    `n${at}`,
    type,
    parent === null ? null : `n${parent}`,
    bytes,
  ]);
  database
    .prepare(
      `INSERT INTO resources (rid, identifier, payload_type, schema_version, version,
          parent_identifier, access_level, owner, created_at, updated_at, tx_from, is_deleted, payload)
        SELECT j.value ->> 0, j.value ->> 1, j.value ->> 2, '1.0.0', 1, j.value ->> 3, 'internal',
          'user:admin', 1, 1, 1, 0, json_object('size_bytes', j.value ->> 4)
        FROM json_each(?) j`,
    )
    .run(JSON.stringify(rows));
  const restricted = nodes.flatMap((each, at) => (each.isRestricted ? [at + 1] : []));
  database
    .prepare("INSERT INTO restricted (rid) SELECT value FROM json_each(?)")
    .run(JSON.stringify(restricted));
};

const walkOf = (from: number, to: number): SliceWalk => ({
  slice: sql`slice(identifier) AS MATERIALIZED (SELECT identifier FROM resources
    WHERE rid > ${from} AND rid <= ${to})`,
  view: { visibility: { kind: "everything" }, snapshot: raw("1") },
  restricted: raw("EXISTS (SELECT 1 FROM restricted q WHERE q.rid = v.rid)"),
});

const ask = (statement: Sql): readonly Record<string, unknown>[] =>
  database.prepare(statementText(statement)).all(...statement.params);

/** Sums by ancestor and restriction. */
class Sums {
  readonly #of = new Map<string, [number, number]>();

  add(ancestor: unknown, restricted: unknown, first: unknown, second: unknown): void {
    const key = `${Number(ancestor)}/${Number(restricted)}`;
    const [a, b] = this.#of.get(key) ?? [0, 0];
    this.#of.set(key, [a + Number(first), b + Number(second)]);
  }

  get entries(): readonly unknown[] {
    return [...this.#of].toSorted(([a], [b]) => (a < b ? -1 : 1));
  }
}

const expectAlike = (nodes: readonly Node[], slices: number): void => {
  set(nodes);
  const [counts, statistics] = [new Sums(), new Sums()];
  const size = Math.ceil(nodes.length / slices);
  for (let from = 0; from < nodes.length; from += size) {
    const walk = walkOf(from, from + size);
    for (const row of ask(sliceCounts(walk)))
      counts.add(row["ancestor"], row["restricted"], row["children"], row["descendants"]);
    const figures = sliceStatistics(walk, (each) => expand(each, '["total"]', "bytes"));
    for (const row of ask(figures))
      statistics.add(row["ancestor"], row["restricted"], row["count"], row["bytes"]);
  }
  const [expectedCounts, expectedStatistics] = [new Sums(), new Sums()];
  for (const node of nodes) {
    for (let at = node.parent, step = 1; at !== null; at = nodes[at]?.parent ?? null, step += 1) {
      expectedCounts.add(at + 1, node.isRestricted, step === 1, 1);
      if (nodes[at]?.type === "datasource")
        expectedStatistics.add(at + 1, node.isRestricted, 1, node.bytes);
    }
  }
  expect(counts.entries).toEqual(expectedCounts.entries);
  expect(statistics.entries).toEqual(expectedStatistics.entries);
};

test("slices add up to what walking up from each resource gives", () => {
  fc.assert(
    fc.property(forest, fc.integer({ min: 1, max: 5 }), (nodes, slices) => {
      expectAlike(nodes, slices);
    }),
    { numRuns: runs(60) },
  );
}, 60_000);

test("so they do for a chain", () => {
  const chain = Array.from({ length: 700 }, (_, at): Node => ({
    parent: at === 0 ? null : at - 1,
    type: at % 100 === 0 ? "datasource" : "image",
    isRestricted: at >= 300,
    bytes: at,
  }));
  expectAlike(chain, 1);
  expectAlike(chain, 3);
});
