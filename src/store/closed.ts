/** What the access lists of entities close, for every surface: only who has all rights is let in. */
import { AppError, type ErrorDetail } from "../model/error.ts";
import type { Principal } from "../identity/principal.ts";
import { mayThrough, mayWholly, type EntityOperation } from "../schema/entity/access.ts";
import { entityNamed } from "../schema/registry.ts";
import type { Registry } from "../schema/type.ts";

const isBound = (principal: Principal): boolean => principal.kind !== "system";

/** The payload types that a principal may not read as a whole; sorted. */
export const closedTypes = (registry: Registry, principal: Principal): readonly string[] => {
  if (!isBound(principal)) return [];
  const entities = [...registry.entities.values()].filter((entity) => entity !== null);
  return entities
    .filter((entity) => !mayWholly(entity, "find", principal.role))
    .map(({ name }) => name)
    .toSorted();
};

const forbidden = (details: readonly ErrorDetail[]): AppError =>
  new AppError("forbidden", "The access lists of the entity do not admit your role.", { details });

/**
 * Passes when a version admits the principal to its documents.
 *
 * @throws AppError `forbidden`.
 */
export const requireThrough = (
  registry: Registry,
  principal: Principal,
  name: string,
  version: string,
): void => {
  if (!isBound(principal)) return;
  const found = entityNamed(registry, name)?.versions.get(version);
  if (found === undefined || !mayThrough(found, "find", principal.role)) throw forbidden([]);
};

/** A resource that is written as a whole, and how. */
export interface WholeWrite {
  readonly identifier: string;
  readonly payloadType: string;
  readonly operation: EntityOperation;
}

/**
 * Passes when the principal may write resources with all their fields.
 *
 * @throws AppError `forbidden` naming the resources.
 */
export const requireWholly = (
  registry: Registry,
  principal: Principal,
  writes: readonly WholeWrite[],
): void => {
  if (!isBound(principal)) return;
  const closed = writes.filter(({ payloadType, operation }) => {
    const entity = registry.entities.get(payloadType) ?? null;
    return entity !== null && !mayWholly(entity, operation, principal.role);
  });
  if (closed.length === 0) return;
  throw forbidden(
    closed.map(({ identifier, operation }) => ({
      identifier,
      path: "",
      code: "forbidden",
      detail: `The access lists do not admit your role to ${operation}.`,
    })),
  );
};
