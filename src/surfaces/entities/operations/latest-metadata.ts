/** Runs work with the cached metadata, and again when that was not the latest. */
import type { Principal } from "../../../identity/principal.ts";
import { EntityErrorItem } from "../../../schema/entity/error.ts";
import type { Registry } from "../../../schema/type.ts";
import type { Store } from "../../../store/index.ts";

/** The caller. */
export interface Caller {
  readonly store: Store;
  readonly principal: Principal;
}

/** A result, and the registry and role that it is based on. */
export interface MetadataResult<T> {
  readonly value: T;
  readonly registryVersion: number;
  readonly principal: Principal;
}

/** The latest metadata, for a caller that may read. @throws AppError `unauthenticated`. */
export function latestRegistryOf({ store, principal }: Caller): Promise<Registry> {
  return store.freshRegistry(principal);
}

const ATTEMPTS_MAX = 5;

/**
 * Runs a read that depends on metadata until it has used the metadata that belong to its response
 * and the present role of the caller. An error by old metadata is checked again by the latest.
 */
export async function byLatestMetadata<T>(
  { store, principal }: Caller,
  run: (registry: Registry, principal: Principal) => Promise<MetadataResult<T>>,
): Promise<T> {
  let caller = principal;
  const { value } = await store.withRegistry<MetadataResult<T>>(principal, {
    run: (registry) => run(registry, caller),
    versionOf: ({ registryVersion }) => registryVersion,
    isOther: (result) => result.principal.role !== caller.role,
    renew: (result) => {
      caller = result.principal;
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
