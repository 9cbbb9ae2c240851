/** Work by what the isolate remembers of the metadata, done again when that was not the newest. */
import type { Principal } from "../../../identity/principal.ts";
import { EntityErrorItem } from "../../../schema/entity/error.ts";
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
  const { value } = await store.withRegistry<Answered<T>>(principal, {
    run: (registry) => run(registry, caller),
    versionOf: ({ registryVersion }) => registryVersion,
    isOther: (answered) => answered.principal.role !== caller.role,
    renew: (answered) => {
      caller = answered.principal;
      return store.freshRegistry(caller);
    },
    afterFault: async (error, registry) => {
      if (!(error instanceof EntityErrorItem)) throw error;
      const authState = await store.authState(principal);
      const fresh = await store.freshRegistry(authState);
      if (fresh.version === registry.version && authState.role === caller.role) throw error;
      caller = authState;
      return fresh;
    },
    attemptsMax: ATTEMPTS_MAX,
    busy: "The metadata keep changing; try again.",
  });
  return value;
}
