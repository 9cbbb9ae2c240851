/** A lineage as a tree in the terminal. */
import type { Lineage } from "../client/index.ts";
import { groupBy } from "./support/group.ts";
import { show } from "./print.ts";

type Edge = Lineage["edges"][number];

const BRANCH = { last: ["└─ ", "   "], other: ["├─ ", "│  "] } as const;

/** The reason for an edge, in the reading direction of the tree. */
const relation = (kind: Edge["kind"], up: boolean): string => {
  if (kind === "parent") return up ? "in" : "contains";
  return up ? "derived from" : "derived";
};

/** One side of the tree: ancestors and sources, or descendants and derivations. */
const side = (lineage: Lineage, root: string, up: boolean): readonly string[] => {
  const types = new Map(lineage.nodes.map((node) => [node.identifier, node.payload_type]));
  const edges = groupBy(lineage.edges, ({ source, target }) => (up ? target : source));
  const seen = new Set([root]);
  const lines: string[] = [];
  // An explicit stack: a lineage may be deeper than calls can nest.
  const stack: { readonly edge: Edge; readonly last: boolean; readonly indent: string }[] = [];
  const push = (identifier: string, indent: string): void => {
    // In reverse order: what is pushed last comes first.
    const below = (edges.get(identifier) ?? []).toReversed();
    for (const [index, edge] of below.entries()) stack.push({ edge, last: index === 0, indent });
  };
  push(root, "");
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { edge, indent, last } = next;
    const identifier = up ? edge.source : edge.target;
    const [here, below] = last ? BRANCH.last : BRANCH.other;
    const again = seen.has(identifier) ? "  (see above)" : "";
    const type = types.get(identifier) ?? "";
    lines.push(`${indent}${here}${relation(edge.kind, up)} ${show(identifier)}  ${type}${again}`);
    if (again !== "") continue;
    seen.add(identifier);
    push(identifier, `${indent}${below}`);
  }
  return lines;
};

/**
 * The lines of a lineage around a resource: first ancestors and sources, then descendants and
 * derivations.
 */
export function lineageTree(lineage: Lineage, root: string): readonly string[] {
  const type = lineage.nodes.find(({ identifier }) => identifier === root)?.payload_type ?? "";
  const up = side(lineage, root, true);
  const down = side(lineage, root, false);
  return [
    `${show(root)}  ${type}`,
    ...(up.length === 0 ? [] : ["came from", ...up]),
    ...(down.length === 0 ? [] : ["gave", ...down]),
  ];
}
