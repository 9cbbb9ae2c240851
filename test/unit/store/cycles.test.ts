import fc from "fast-check";
import { expect, test } from "vitest";
import { findCycles } from "../../../src/store/write/cycles.ts";
import { runs } from "../../support/run/figures.ts";

const NODES = ["a", "b", "c", "d", "e", "f"] as const;

type Graph = ReadonlyMap<string, readonly string[]>;

const graphs: fc.Arbitrary<Graph> = fc
  .array(fc.tuple(fc.constantFrom(...NODES), fc.constantFrom(...NODES)), { maxLength: 14 })
  .map((edges) => {
    const bySource = Map.groupBy(edges, ([from]) => from);
    return new Map([...bySource].map(([from, pairs]) => [from, pairs.map(([, to]) => to)]));
  });

/** Every node that is reachable from the given ones; these only if a cycle leads back. */
const walkable = (graph: Graph, from: readonly string[]): ReadonlySet<string> => {
  const reached = new Set<string>();
  const queue = from.flatMap((node) => graph.get(node) ?? []);
  for (const node of queue) {
    if (reached.has(node)) continue;
    reached.add(node);
    queue.push(...(graph.get(node) ?? []));
  }
  return reached;
};

test("finds exactly the nodes that lead back to themselves, among those that can be reached", () => {
  fc.assert(
    fc.property(graphs, fc.subarray([...NODES]), (graph, starts) => {
      const considered = new Set([...starts, ...walkable(graph, starts)]);
      const expected = [...considered].filter((node) => walkable(graph, [node]).has(node));
      const found = findCycles<string>(starts, (node) => graph.get(node) ?? []);
      expect([...found].toSorted()).toEqual(expected.toSorted());
    }),
    { numRuns: runs(2000) },
  );
});

test("a chain of 100,000 needs no recursion", () => {
  const next = (node: string): readonly string[] => [String((Number(node) + 1) % 100_000)];
  expect(findCycles(["0"], next).size).toBe(100_000);
});
