/** Work by what the isolate remembers of the metadata, done again when that was not the newest. */
import type { Principal } from "../../../identity/principal.ts";
import { AppError } from "../../../model/error.ts";
import { EntityFault } from "../../../schema/entity/fault.ts";
import type { Registry } from "../../../schema/type.ts";
import type { Store } from "../../../store/index.ts";

/** For whom something is done. */
export interface Caller {
  readonly store: Store;
  readonly principal: Principal;
}

/** A result, and by which registry and for which role it holds. */
export interface Answered<T> {
  readonly value: T;
  readonly registryVersion: number;
  readonly principal: Principal;
}

/** The metadata as they are now, for a caller who may read. @throws AppError `unauthenticated`. */
export function freshRegistryOf({ store, principal }: Caller): Promise<Registry> {
  return store.freshRegistry(principal);
}

const ATTEMPTS_MAX = 5;

/**
 * Runs a read that depends on metadata until it was done by those that belong to its answer, and by
 * the role that the caller has now. Something that is wrong by old metadata is asked again by new.
 */
export async function byFreshRegistry<T>(
  { store, principal }: Caller,
  run: (registry: Registry, principal: Principal) => Promise<Answered<T>>,
): Promise<T> {
  let caller = principal;
  for (let attempt = 1; ; attempt += 1) {
    const known = store.registry();
    try {
      const answered = await run(known, caller);
      const isSame =
        answered.registryVersion === known.version && answered.principal.role === caller.role;
      if (isSame) return answered.value;
      caller = answered.principal;
    } catch (error) {
      if (!(error instanceof EntityFault)) throw error;
      const standing = await store.standing(principal);
      const fresh = await store.freshRegistry(standing);
      const isSame = fresh.version === known.version && standing.role === caller.role;
      if (isSame || attempt === ATTEMPTS_MAX) throw error;
      caller = standing;
      continue;
    }
    if (attempt === ATTEMPTS_MAX) {
      throw new AppError("unavailable", "The metadata keep changing; try again.", {
        retryAfterSeconds: 1,
      });
    }
    await store.freshRegistry(caller);
  }
}
