// The model's rules for opening and moving resources.
import type { JsonObject } from "../../src/model/json.ts";
import { ancestorsOf, linksAndGrants, stateAt, visible } from "./store.ts";
import type { Actor, Flaw, Row, State, Store } from "./types.ts";

const ANONYMOUS_ACCESS: Readonly<Record<string, number>> = {
  restricted: 0,
  internal: 1,
  public: 2,
};
const isRestricted = (row: Row): boolean => row.accessLevel === "restricted";

/** A stored parent as the caller sees it. */
export const shownParent = (store: Store, actor: Actor, { parent }: Row): string | null =>
  parent !== null && visible(store, actor, parent) ? parent : null;

/** True for an identifier that a request may name: it is new, or the caller sees it. */
const isSeen = (store: Store, actor: Actor, identifier: string): boolean =>
  !stateAt(store).has(identifier) || visible(store, actor, identifier);

/** Everything that a resource was ever derived from, including its sources after the write that the caller sees. */
const inputsOf = (
  store: Store,
  actor: Actor,
  after: State,
  identifier: string,
): readonly string[] => [
  ...store.moments.flatMap(({ state }) => state.get(identifier)?.derivedFrom ?? []),
  ...(after.get(identifier)?.derivedFrom ?? []).filter((each) => isSeen(store, actor, each)),
];

const isClosed = (state: State, identifier: string): boolean =>
  ancestorsOf(state, identifier).some(isRestricted);

/** True when the caller may not open some direct or indirect restricted input of a resource. */
const isFromForeign = (
  store: Store,
  actor: Actor,
  after: State,
  sources: readonly string[],
): boolean => {
  const before = stateAt(store);
  const found = new Set(sources);
  for (const source of found) {
    const stored = before.get(source);
    if (!isClosed(stored === undefined ? after : before, source)) continue;
    const chain = ancestorsOf(before, source);
    const isLiftable =
      stored === undefined ||
      stored.owner === actor.id ||
      !chain.some((row) => isRestricted(row) && row.owner !== actor.id);
    if (!isLiftable) return true;
    for (const each of inputsOf(store, actor, after, source)) found.add(each);
  }
  return false;
};

const isFromClosed = (store: Store, after: State, sources: readonly string[]): boolean =>
  sources.some((source) => {
    const before = stateAt(store);
    return isClosed(before.has(source) ? before : after, source);
  });

/** Completes missing access levels of new resources: as restricted as their inputs. */
export const completeLevels = (
  before: State,
  after: Map<string, Row>,
  open: readonly Row[],
): void => {
  for (let changed = true; changed;) {
    changed = false;
    for (const row of open) {
      const now = after.get(row.identifier);
      if (now === undefined || isRestricted(now)) continue;
      const isMade = row.derivedFrom.some((source) =>
        isClosed(before.has(source) ? before : after, source),
      );
      if (!isMade) continue;
      after.set(row.identifier, { ...now, accessLevel: "restricted" });
      changed = true;
    }
  }
};

/** New resources that are more open than their inputs. */
export const createdOpen = (
  store: Store,
  actor: Actor,
  after: State,
  row: Row,
): readonly Flaw[] => {
  const now = after.get(row.identifier) ?? row;
  const seen = row.derivedFrom.filter((each) => isSeen(store, actor, each));
  const isBad =
    actor.role !== "admin" && !isRestricted(now) && isFromForeign(store, actor, after, seen);
  return isBad ? [{ identifier: row.identifier, code: "forbidden" }] : [];
};

type Updates = Readonly<Record<string, JsonObject>>;

/** The roots of the subtrees to check, without roots below other ones. */
const rootsOf = (store: Store, actor: Actor, updates: Updates): readonly string[] => {
  const before = stateAt(store);
  return Object.entries(updates).flatMap(([identifier, body]) => {
    const row = before.get(identifier);
    if (row === undefined) return [];
    const level = body["access_level"];
    const flips = level !== undefined && (level === "restricted") !== isRestricted(row);
    const parent = body["parent_identifier"] as string | null | undefined;
    const isPlaced =
      parent !== undefined &&
      parent !== shownParent(store, actor, row) &&
      (isClosed(before, identifier) || (parent !== null && isClosed(before, parent)));
    return flips || isPlaced ? [identifier] : [];
  });
};

const subtree = (state: State, root: string, roots: readonly string[]): readonly Row[] => {
  const found = new Set([root]);
  for (const above of found) {
    for (const row of state.values()) {
      if (row.parent === above && !roots.includes(row.identifier)) found.add(row.identifier);
    }
  }
  return [...found].flatMap((identifier) => state.get(identifier) ?? []);
};

const isNeutral = (store: Store, row: Row, parent: string | null): boolean => {
  const before = stateAt(store);
  const [old, next] = [row.parent, parent].map((each) => ancestorsOf(before, each));
  const owners = new Set([row.owner, ...(old ?? []).map(({ owner }) => owner)]);
  const { grants } = linksAndGrants(store);
  return (
    (old ?? []).every((each) => !isRestricted(each) || next?.includes(each) === true) &&
    (next ?? []).every(
      (each) =>
        old?.includes(each) === true ||
        (owners.has(each.owner) && !grants.some(([opened]) => opened === each.identifier)),
    )
  );
};

const mayMove = (
  store: Store,
  actor: Actor,
  updates: Updates,
  moved: (identifier: string) => boolean,
  [row, parent, isForeign]: readonly [Row, string | null, boolean],
): boolean => {
  const before = stateAt(store);
  const roots = rootsOf(store, actor, updates);
  const along = roots.filter((root) => root === row.identifier || !moved(root));
  const isOwn = along.every((root) =>
    subtree(before, root, roots).every(({ owner }) => owner === actor.id),
  );
  if (isOwn && !isForeign) return true;
  const above = ancestorsOf(before, row.parent);
  const isLifted =
    above.some(({ owner }) => owner === actor.id) &&
    above.every((each) => !isRestricted(each) || each.owner === actor.id);
  if (isLifted && !isForeign) return true;
  const isChanged =
    parent !== null &&
    (!before.has(parent) || ancestorsOf(before, parent).some((each) => moved(each.identifier)));
  return shownParent(store, actor, row) !== null && isNeutral(store, row, parent) && !isChanged;
};

/** Errors for resources that an update opens or moves although the caller may not. */
export const openedErrors = (
  store: Store,
  actor: Actor,
  after: State,
  updates: Updates,
  identifier: string,
): readonly Flaw[] => {
  const before = stateAt(store);
  const [row, next] = [before.get(identifier), after.get(identifier)];
  if (actor.role === "admin" || row === undefined || next === undefined) return [];
  const forbidden: Flaw = { identifier, code: "forbidden" };
  const inputs = inputsOf(store, actor, after, identifier);
  const isForeign = isFromForeign(store, actor, after, inputs);
  const opened =
    (ANONYMOUS_ACCESS[next.accessLevel] ?? 0) - (ANONYMOUS_ACCESS[row.accessLevel] ?? 0);
  const mayOpen = isFromClosed(store, after, inputs) ? !isForeign : row.owner === actor.id;
  if (opened > 0 && !mayOpen) return [forbidden];
  const added = next.derivedFrom.filter((each) => !row.derivedFrom.includes(each));
  const seen = added.filter((each) => isSeen(store, actor, each));
  const isMade = !isRestricted(next) && isFromForeign(store, actor, after, seen);
  if (opened <= 0 && isMade) return [forbidden];
  const was = isClosed(before, identifier);
  if (!was || next.parent === row.parent) return [];
  const parent = next.parent === null ? undefined : after.get(next.parent);
  const isPlaceSeen =
    next.parent === null || !before.has(next.parent) || visible(store, actor, next.parent);
  if (next.parent !== null && (parent === undefined || parent.deleted || !isPlaceSeen)) return [];
  const moved = (each: string): boolean => {
    const old = before.get(each);
    return old !== undefined && after.get(each)?.parent !== old.parent;
  };
  if (!isRestricted(next) && opened <= 0 && isForeign) return [forbidden];
  return mayMove(store, actor, updates, moved, [row, next.parent, isForeign]) ? [] : [forbidden];
};
