/** A graph of sources and what came of them. Pure. */
import type { Direction } from "../../../query/lineage.ts";
import { compareText } from "../../../query/text.ts";

/** A node of a lineage; `depth` is how many edges it is away from the start. */
export interface LineageNode {
  readonly identifier: string;
  readonly payloadType: string;
  readonly depth: number;
}

/** An edge from an ancestor to what lies below it or was derived from it. */
export interface LineageEdge {
  readonly kind: "parent" | "derived_from";
  readonly source: string;
  readonly target: string;
}

/** Nodes by distance and identifier, edges by kind, source and target. */
export interface Lineage {
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly LineageEdge[];
}

/** A node as it was found: with what it lies below and was derived from. */
export interface FoundNode {
  readonly identifier: string;
  readonly payloadType: string;
  readonly parent: string | null;
  readonly sources: readonly string[];
}

const edgesOf = (nodes: readonly FoundNode[]): readonly LineageEdge[] => {
  const shown = new Set(nodes.map(({ identifier }) => identifier));
  const into = ({ identifier: target, parent, sources }: FoundNode): readonly LineageEdge[] => [
    ...(parent === null ? [] : [{ kind: "parent" as const, source: parent, target }]),
    ...sources.map((source) => ({ kind: "derived_from" as const, source, target })),
  ];
  return nodes.flatMap(into).filter(({ source }) => shown.has(source));
};

/** How many steps each node is away from the start; nodes out of reach are missing. */
const distancesFrom = (
  start: string,
  steps: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, number> => {
  const distances = new Map([[start, 0]]);
  // A map goes on over entries that are added while it is walked: it is its own queue.
  for (const [node, distance] of distances) {
    for (const next of steps.get(node) ?? []) {
      if (!distances.has(next)) distances.set(next, distance + 1);
    }
  }
  return distances;
};

const stepsAlong = (
  edges: readonly LineageEdge[],
  from: "source" | "target",
): ReadonlyMap<string, readonly string[]> => {
  const to = from === "source" ? "target" : "source";
  const grouped = Map.groupBy(edges, (edge) => edge[from]);
  return new Map([...grouped].map(([node, found]) => [node, found.map((edge) => edge[to])]));
};

const compareEdges = (left: LineageEdge, right: LineageEdge): number =>
  compareText(right.kind, left.kind) ||
  compareText(left.source, right.source) ||
  compareText(left.target, right.target);

/**
 * The lineage of a start: its nodes with their distances, and every edge between two of them. A
 * node that is reached both ways has the smaller distance.
 *
 * @param found every node within reach, the start among them.
 */
export function lineageOf(
  start: string,
  found: readonly FoundNode[],
  direction: Direction,
): Lineage {
  const edges = edgesOf(found);
  const ways = [
    ...(direction === "down" ? [] : [distancesFrom(start, stepsAlong(edges, "target"))]),
    ...(direction === "up" ? [] : [distancesFrom(start, stepsAlong(edges, "source"))]),
  ];
  const depthOf = (identifier: string): number =>
    Math.min(...ways.map((distances) => distances.get(identifier) ?? Infinity));
  const nodes = found.map(({ identifier, payloadType }) => ({
    identifier,
    payloadType,
    depth: depthOf(identifier),
  }));
  return {
    nodes: nodes.toSorted(
      (left, right) => left.depth - right.depth || compareText(left.identifier, right.identifier),
    ),
    edges: edges.toSorted(compareEdges),
  };
}
