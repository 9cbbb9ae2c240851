// The expected response of a read, from the state that it reads.
import type { Json, JsonObject } from "../../src/model/json.ts";
import { canonical, compareText, compareValues, isObject, matches } from "./filter.ts";
import type { Found } from "./filter.ts";
import { childrenOf, descendants, METADATA, stateAt, visible } from "./store.ts";
import type { Actor, QueryBody, Rendered, Row, State, Store, Types } from "./types.ts";

/** One version as an actor sees it, without `children`. */
const render = (store: Store, actor: Actor, row: Row): Rendered => {
  const shown = (identifier: string): boolean => visible(store, actor, identifier);
  return {
    identifier: row.identifier,
    payload_type: row.payloadType,
    parent_identifier: row.parent !== null && shown(row.parent) ? row.parent : null,
    derived_from: row.derivedFrom.filter(shown),
    license: row.license,
    access_level: row.accessLevel,
    created_at: store.moments[row.born]?.instant ?? "",
    updated_at: store.moments[row.written]?.instant ?? "",
    schema_version: "1.0.0",
    version: row.version,
    ...row.payload,
  };
};

const withChildren = (store: Store, actor: Actor, state: State, row: Row): Rendered => ({
  ...render(store, actor, row),
  children: childrenOf(store, actor, state, row.identifier),
});

/** A resource that is live in a state and that the actor may see. */
export const liveRow = (
  store: Store,
  actor: Actor,
  state: State,
  identifier: string,
): Row | undefined => {
  const row = state.get(identifier);
  return row === undefined || row.deleted || !visible(store, actor, identifier) ? undefined : row;
};

/** `POST /resources/read`. */
export const read = (
  store: Store,
  actor: Actor,
  body: { identifiers: readonly string[]; as_of?: string; exclude_children?: boolean },
): readonly Rendered[] => {
  const state = stateAt(store, body.as_of);
  return body.identifiers.flatMap((identifier) => {
    const row = liveRow(store, actor, state, identifier);
    if (row === undefined) return [];
    return [
      body.exclude_children === true
        ? render(store, actor, row)
        : withChildren(store, actor, state, row),
    ];
  });
};

const lookup = (types: Types, row: Rendered, path: string): Found => {
  const [head = "", ...rest] = path.split(".");
  const type = types[String(row["payload_type"])] ?? {};
  const kind = rest.length > 0 ? "json" : (METADATA[head] ?? type[head]?.kind ?? "json");
  const value = rest.reduce<Json | undefined>(
    (outer, name) => (isObject(outer) && Object.hasOwn(outer, name) ? outer[name] : undefined),
    row[head],
  );
  return { value, kind };
};

const bySort =
  (types: Types, column: string, descending: boolean) => (left: Rendered, right: Rendered) => {
    const [a, b] = [left, right].map((row) => lookup(types, row, column).value ?? null);
    if ((a === null) !== (b === null)) return a === null ? 1 : -1;
    const order = compareValues(a, b) ?? 0;
    if (order !== 0) return descending ? -order : order;
    return compareText(String(left["identifier"]), String(right["identifier"]));
  };

/** The order of the results of a query. */
export const orderOf = (
  { types }: Store,
  body: QueryBody,
): ((left: Rendered, right: Rendered) => number) =>
  bySort(types, body.sort_by ?? "created_at", body.sort_order !== "asc");

/** All results of `POST /query` over a state in order, without paging; undefined for a 404. */
export const queryIn = (
  store: Store,
  actor: Actor,
  body: QueryBody,
  state: State,
): readonly Rendered[] | undefined => {
  const under = body.parent_identifier;
  if (under !== undefined && liveRow(store, actor, state, under) === undefined) return undefined;
  const inside = new Set(
    under === undefined
      ? state.keys()
      : body.include_indirect_parents === true
        ? descendants(store, actor, state, under)
        : childrenOf(store, actor, state, under),
  );
  const types = body.payload_type === undefined ? undefined : [body.payload_type].flat();
  const identifiers = body.identifiers === undefined ? undefined : new Set(body.identifiers);
  return [...state.keys()]
    .filter((id) => inside.has(id) && (identifiers === undefined || identifiers.has(id)))
    .flatMap((id) => liveRow(store, actor, state, id) ?? [])
    .filter((row) => types === undefined || types.includes(row.payloadType))
    .map((row) => withChildren(store, actor, state, row))
    .filter((row) => matches(body.filters ?? {}, (path) => lookup(store.types, row, path)))
    .toSorted(orderOf(store, body));
};

/** Like `queryIn`, over the present state or the state of an instant. */
export const query = (
  store: Store,
  actor: Actor,
  body: QueryBody,
  asOf?: string,
): readonly Rendered[] | undefined => queryIn(store, actor, body, stateAt(store, asOf));

/** One version of a resource in its history. */
export interface Entry {
  readonly row: Rendered;
  readonly deleted: boolean;
  /** Index of the moment that wrote it. */
  readonly moment: number;
}

/**
 * `POST /resources/history` without the transactions, optionally of only the first moments; undefined for
 * a 404.
 */
export const history = (
  store: Store,
  actor: Actor,
  identifier: string,
  until = store.moments.length,
): readonly Entry[] | undefined => {
  const moments = store.moments.slice(0, until);
  if (!moments.at(-1)?.state.has(identifier) || !visible(store, actor, identifier)) {
    return undefined;
  }
  return moments.flatMap((moment, at) => {
    const row = moment.state.get(identifier);
    if (row === undefined || row.written !== at) return [];
    return [{ row: render(store, actor, row), deleted: row.deleted, moment: at }];
  });
};

const UNCOMPARED = new Set(["created_at", "updated_at", "version"]);

/** The changes of `POST /resources/diff` between two versions, by member; absent is null. */
export const diff = (before: Entry, after: Entry): readonly JsonObject[] => {
  const members = ({ row, deleted }: Entry): Rendered => ({ ...row, is_deleted: deleted });
  const [left, right] = [members(before), members(after)];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .filter((name) => !UNCOMPARED.has(name) && canonical(left[name]) !== canonical(right[name]))
    .toSorted()
    .map((path) => ({ path, before: left[path] ?? null, after: right[path] ?? null }));
};
