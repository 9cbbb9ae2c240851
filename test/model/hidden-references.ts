// The meaning of hidden references in updates, in the model.
import type { JsonObject } from "../../src/model/json.ts";
import { canonical } from "./filter.ts";
import { shownParent } from "./opening.ts";
import { visible } from "./store.ts";
import type { Actor, Row, Store } from "./types.ts";

/** The parent after an update: a reference that is sent back as it was read changes nothing. */
export const placeOf = (store: Store, actor: Actor, old: Row, body: JsonObject): string | null => {
  const named = body["parent_identifier"] as string | null | undefined;
  const shown = shownParent(store, actor, old);
  return named === undefined || named === shown ? old.parent : named;
};

/** The sources after an update: the sent ones, and those that the caller does not see. */
export const sourcesOf = (
  store: Store,
  actor: Actor,
  old: Row,
  body: JsonObject,
): readonly string[] => {
  const named = body["derived_from"] as readonly string[] | undefined;
  if (named === undefined) return old.derivedFrom;
  const shown = old.derivedFrom.filter((each) => visible(store, actor, each));
  if (shown.length === old.derivedFrom.length) return named;
  if (canonical(named) === canonical(shown)) return old.derivedFrom;
  const kept = old.derivedFrom.filter((each) => !shown.includes(each) && !named.includes(each));
  return [...named, ...kept];
};
