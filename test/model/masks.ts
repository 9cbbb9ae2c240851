// What a caller sends of what it is shown, as the model takes it.
import type { JsonObject } from "../../src/model/json.ts";
import { canonical } from "./filter.ts";
import { shownParent } from "./opening.ts";
import { visible } from "./store.ts";
import type { Actor, Row, Store } from "./types.ts";

/** What is sent as it is shown changes nothing, whatever is hidden. */
export const placeOf = (store: Store, actor: Actor, old: Row, body: JsonObject): string | null => {
  const named = body["parent_identifier"] as string | null | undefined;
  const shown = shownParent(store, actor, old);
  return named === undefined || named === shown ? old.parent : named;
};

/** Sources that are sent, beside those that the sender does not see. */
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
