import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { walkTable, type Way } from "../../../src/store/write/walk.ts";
import { migrated } from "../../support/databases/migrated.ts";

const NODES = ["a", "b", "c", "d", "e", "f", "g"] as const;
const KINDS = ["one.two", "two.two", "derived_from"] as const;

interface Edge {
  readonly kind: string;
  readonly source: string;
  readonly target: string;
  readonly isOpen: boolean;
}

const edges = fc.uniqueArray(
  fc.record<Edge>({
    kind: fc.constantFrom(...KINDS),
    source: fc.constantFrom(...NODES),
    target: fc.constantFrom(...NODES),
    isOpen: fc.boolean(),
  }),
  { maxLength: 25, selector: ({ kind, source, target }) => `${kind} ${source} ${target}` },
);

interface Script {
  readonly edges: readonly Edge[];
  readonly way: Way;
  readonly kinds: readonly string[];
  readonly starts: readonly string[];
  readonly ends: readonly string[];
}

const scripts: fc.Arbitrary<Script> = fc.record({
  edges,
  way: fc.constantFrom<Way>("below", "above"),
  kinds: fc.subarray([...KINDS], { minLength: 1 }),
  starts: fc.subarray([...NODES], { minLength: 1 }),
  ends: fc.subarray([...NODES]),
});

/** The reached edges: from the starts, and on from every node that is not an end. */
const reached = ({ edges: all, way, kinds, starts, ends }: Script): ReadonlySet<string> => {
  const [from, to] =
    way === "below" ? (["source", "target"] as const) : (["target", "source"] as const);
  const found = new Set<string>();
  const queue: string[] = [...starts];
  const seen = new Set<string>();
  for (const node of queue) {
    if (seen.has(node)) continue;
    seen.add(node);
    for (const edge of all) {
      if (!edge.isOpen || edge[from] !== node || !kinds.includes(edge.kind)) continue;
      found.add(`${edge.kind} ${node} ${edge[to]}`);
      if (!ends.includes(edge[to])) queue.push(edge[to]);
    }
  }
  return found;
};

const listOf = (values: readonly string[]): string =>
  `SELECT value FROM json_each('${JSON.stringify(values)}')`;

const database = migrated();

const walked = (script: Script, most: number): readonly string[] => {
  database.exec("DELETE FROM edges");
  const insert = database.prepare("INSERT INTO edges VALUES (?, ?, ?, 1, ?, 1)");
  for (const { kind, target, source, isOpen } of script.edges) {
    insert.run(kind, target, source, isOpen ? null : 2);
  }
  const table = walkTable("walk", {
    way: script.way,
    kinds: script.kinds.map((kind) => `'${kind}'`),
    starts: listOf(script.starts),
    ends: listOf(script.ends),
    most,
  });
  const rows = database
    .prepare(`WITH RECURSIVE ${table} SELECT kind, near, far FROM walk`)
    .all() as unknown as readonly { kind: string; near: string; far: string }[];
  return rows.map(({ kind, near, far }) => `${kind} ${near} ${far}`);
};

describe("a walk along edges", () => {
  test("finds each open edge that is reached, once", () => {
    fc.assert(
      fc.property(scripts, (script) => {
        const found = walked(script, 1_000);
        expect(new Set(found)).toEqual(reached(script));
        expect(new Set(found).size).toBe(found.length);
      }),
      { numRuns: 300 },
    );
  });

  test("stops after as many as it may read", () => {
    fc.assert(
      fc.property(scripts, fc.integer({ min: 1, max: 6 }), (script, most) => {
        const all = reached(script);
        const found = walked(script, most);
        expect(found).toHaveLength(Math.min(all.size, most));
        expect(found.filter((each) => !all.has(each))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
