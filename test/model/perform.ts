import type { Request } from "./steps.ts";
import type { Actor, Outcome, Store } from "./types.ts";
import { create, remove, update } from "./write.ts";

/** What the model says to a write request of a history. */
export const perform = (store: Store, actor: Actor, request: Request): Outcome => {
  switch (request.kind) {
    case "create":
      return create(store, actor, request.resources);
    case "update":
      return update(store, actor, request.updates);
    case "delete":
      return remove(store, actor, request.identifiers, request.cascade);
  }
};
