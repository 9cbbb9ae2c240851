// A store that keeps the whole state after every transaction, so that a read of the past is a read of an
// older map. It is slow and obvious; the product must agree with it.
import { toMicros } from "./filter.ts";
import type { Actor, LinksAndGrants, FieldKind, Row, Stamp, State, Store, Types } from "./types.ts";

/** Metadata columns and their kinds. */
export const METADATA: Readonly<Record<string, FieldKind>> = {
  identifier: "string",
  payload_type: "string",
  version: "integer",
  parent_identifier: "string",
  derived_from: "list",
  license: "string",
  access_level: "string",
  created_at: "datetime",
  updated_at: "datetime",
};

/** A store without any resource. */
export const emptyStore = (types: Types): Store => ({ types, moments: [] });

/** The state as of now, or as of an instant: the last moment not after it. */
export const stateAt = (store: Store, asOf?: string): State => {
  const seen =
    asOf === undefined
      ? store.moments
      : store.moments.filter((moment) => toMicros(moment.instant) <= toMicros(asOf));
  return seen.at(-1)?.state ?? new Map();
};

/** The links and grants of the empty state. */
const NOTHING: LinksAndGrants = { links: [], grants: [] };

/** The links and grants of the present state. */
export const linksAndGrants = ({ moments }: Store): LinksAndGrants => moments.at(-1) ?? NOTHING;

/**
 * The store after an accepted write, with the server's stamp of the transaction. A tombstone has no links.
 *
 * @param changed the links or grants, if the write changed them.
 */
export const commit = (
  store: Store,
  actor: Actor,
  state: State,
  stamp: Stamp,
  changed: Partial<LinksAndGrants> = {},
): Store => {
  const { links, grants } = { ...linksAndGrants(store), ...changed };
  const isLive = (identifier: string): boolean => state.get(identifier)?.deleted === false;
  const open = links.filter((link) => link.every(isLive));
  const moment = { ...stamp, principal: actor.id, state, links: open, grants };
  return { ...store, moments: [...store.moments, moment] };
};

/** A resource and its ancestors, nearest first, tombstones included. */
export const ancestorsOf = (state: State, identifier: string | null): readonly Row[] => {
  const chain: Row[] = [];
  let row = identifier === null ? undefined : state.get(identifier);
  while (row !== undefined && !chain.includes(row)) {
    chain.push(row);
    row = row.parent === null ? undefined : state.get(row.parent);
  }
  return chain;
};

/** Visibility is decided by the present state, also for reads of the past. */
export const visible = (store: Store, actor: Actor, identifier: string): boolean => {
  if (actor.role === "admin") return true;
  const chain = ancestorsOf(stateAt(store), identifier);
  const restricted = chain.some((row) => row.accessLevel === "restricted");
  if (actor.role === "anonymous") return !restricted && chain[0]?.accessLevel === "public";
  if (actor.types?.includes(chain[0]?.payloadType ?? "") === false) return false;
  const { grants } = linksAndGrants(store);
  const isOpened = (row: Row): boolean =>
    row.owner === actor.id ||
    grants.some(([opened, whom]) => opened === row.identifier && whom === actor.id);
  return !restricted || chain.some(isOpened);
};

/** The live, visible children of a resource, in order of insertion. */
export const childrenOf = (
  store: Store,
  actor: Actor,
  state: State,
  identifier: string,
): readonly string[] =>
  [...state.values()]
    .filter((row) => row.parent === identifier && !row.deleted)
    .toSorted((left, right) => left.order - right.order)
    .map((row) => row.identifier)
    .filter((child) => visible(store, actor, child));

/** The descendants that are reached through visible resources. */
export const descendants = (
  store: Store,
  actor: Actor,
  state: State,
  identifier: string,
): readonly string[] =>
  childrenOf(store, actor, state, identifier).flatMap((child) => [
    child,
    ...descendants(store, actor, state, child),
  ]);
