// The expected responses of reads of the tree and of the derivation graph.
import type { Json, JsonObject } from "../../src/model/json.ts";
import { compareText } from "./filter.ts";
import { liveRow } from "./read.ts";
import { childrenOf, descendants, stateAt } from "./store.ts";
import type { Actor, Row, State, Store } from "./types.ts";

/** An actor and the state that it reads. */
export interface ModelView {
  readonly store: Store;
  readonly actor: Actor;
  readonly state: State;
}

/** The view of an actor on the present, or on an instant. */
export const viewOn = (store: Store, actor: Actor, asOf?: string): ModelView => ({
  store,
  actor,
  state: stateAt(store, asOf),
});

const find = ({ store, actor, state }: ModelView, identifier: string | null): Row | undefined =>
  identifier === null ? undefined : liveRow(store, actor, state, identifier);

/** `GET /parents/{identifier}`; undefined for a 404. */
export const parents = (view: ModelView, identifier: string): readonly string[] | undefined => {
  const row = find(view, identifier);
  if (row === undefined) return undefined;
  const chain: string[] = [];
  for (let above = find(view, row.parent); above !== undefined; above = find(view, above.parent)) {
    chain.push(above.identifier);
  }
  return chain;
};

const nodeOf = (
  { store, actor, state }: ModelView,
  parent: string | null,
  row: Row,
): JsonObject => {
  const { length } = childrenOf(store, actor, state, row.identifier);
  return {
    identifier: row.identifier,
    payload_type: row.payloadType,
    parent_identifier: parent,
    child_count: length,
    descendant_count: descendants(store, actor, state, row.identifier).length,
    has_children: length > 0,
  };
};

/** `GET /children` of a resource; undefined for a 404. */
export const children = (
  view: ModelView,
  identifier: string,
): readonly JsonObject[] | undefined => {
  if (find(view, identifier) === undefined) return undefined;
  const { store, actor, state } = view;
  return childrenOf(store, actor, state, identifier).flatMap((child) => {
    const row = find(view, child);
    return row === undefined ? [] : [nodeOf(view, identifier, row)];
  });
};

/** `GET /children` without a parent. */
export const roots = (view: ModelView): readonly JsonObject[] =>
  [...view.state.values()]
    .filter((row) => row.parent === null && find(view, row.identifier) !== undefined)
    .toSorted((left, right) => left.order - right.order)
    .map((row) => nodeOf(view, null, row));

/** The parameters of a lineage. */
export interface LineageSpec {
  readonly direction: "up" | "down" | "both";
  readonly depth: number | undefined;
}

interface Edge {
  readonly kind: "parent" | "derived_from";
  readonly source: string;
  readonly target: string;
}

const edgesOf = (view: ModelView): readonly Edge[] =>
  [...view.state.keys()].flatMap((target) => {
    const row = find(view, target);
    if (row === undefined) return [];
    const above = row.parent === null ? [] : [row.parent];
    return [
      ...above.map((source) => ({ kind: "parent" as const, source, target })),
      ...row.derivedFrom.map((source) => ({ kind: "derived_from" as const, source, target })),
    ].filter(({ source }) => find(view, source) !== undefined);
  });

/** Distances from a start up to a depth, computed in rounds over all edges. */
const distances = (
  start: string,
  edges: readonly Edge[],
  from: "source" | "target",
  depth: number,
): ReadonlyMap<string, number> => {
  const to = from === "source" ? "target" : "source";
  const found = new Map([[start, 0]]);
  for (let step = 1; step <= Math.min(depth, edges.length); step += 1) {
    for (const edge of edges) {
      if (found.get(edge[from]) === step - 1 && !found.has(edge[to])) found.set(edge[to], step);
    }
  }
  return found;
};

const compareEdges = (left: Edge, right: Edge): number =>
  compareText(right.kind, left.kind) ||
  compareText(left.source, right.source) ||
  compareText(left.target, right.target);

/** `GET /lineage/{identifier}`; undefined for a 404. */
export const lineage = (
  view: ModelView,
  identifier: string,
  { direction, depth = Infinity }: LineageSpec,
): Json | undefined => {
  if (find(view, identifier) === undefined) return undefined;
  const edges = edgesOf(view);
  const ways = [
    ...(direction === "down" ? [] : [distances(identifier, edges, "target", depth)]),
    ...(direction === "up" ? [] : [distances(identifier, edges, "source", depth)]),
  ];
  const reached = [...new Set(ways.flatMap((way) => [...way.keys()]))];
  const nodes = reached.map((each) => ({
    identifier: each,
    payload_type: view.state.get(each)?.payloadType ?? "",
    depth: Math.min(...ways.map((way) => way.get(each) ?? Infinity)),
  }));
  return {
    nodes: nodes.toSorted(
      (left, right) => left.depth - right.depth || compareText(left.identifier, right.identifier),
    ),
    edges: edges
      .filter(({ source, target }) => reached.includes(source) && reached.includes(target))
      .toSorted(compareEdges)
      .map((edge) => ({ ...edge })),
  };
};
