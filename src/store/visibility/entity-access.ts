/** The access lists of entities, for every surface: only callers with full access pass. */
import { AppError, type ErrorDetail } from "../../model/error.ts";
import type { Principal, Role } from "../../identity/principal.ts";
import { mayThrough, mayFully, type EntityOperation } from "../../schema/entity/access.ts";
import type { Entity } from "../../schema/entity/metadata.ts";
import { entityNamed } from "../../schema/registry.ts";
import type { Registry } from "../../schema/type.ts";

const isBound = (principal: Principal): boolean => principal.kind !== "system";

/** A deleted entity has no access lists: only admins may access its documents. */
const isOpen = (
  entity: Entity | null | undefined,
  operation: EntityOperation,
  role: Role | null,
): boolean => {
  if (entity === undefined) return true;
  return entity === null ? role === "admin" : mayFully(entity, operation, role);
};

/** Caches the closed types per role, so that a read does not scan the lists. */
const closedByRole = new WeakMap<Registry, Map<Role | null, readonly string[]>>();

/** The payload types that a principal may not read as a whole; sorted. */
export function closedTypes(registry: Registry, principal: Principal): readonly string[] {
  if (!isBound(principal) || registry.entities.size === 0) return [];
  const known = closedByRole.get(registry) ?? new Map<Role | null, readonly string[]>();
  closedByRole.set(registry, known);
  const { role } = principal;
  const closed =
    known.get(role) ??
    [...registry.entities]
      .filter(([, entity]) => !isOpen(entity, "find", role))
      .map(([name]) => name)
      .toSorted();
  known.set(role, closed);
  return closed;
}

const forbidden = (details: readonly ErrorDetail[]): AppError =>
  new AppError("forbidden", "The access lists of the entity do not admit your role.", { details });

/**
 * Checks that a version of an entity admits the principal to its documents.
 *
 * @throws AppError `forbidden`.
 */
export function requireThrough(
  registry: Registry,
  principal: Principal,
  name: string,
  version: string,
): void {
  if (!isBound(principal)) return;
  const found = entityNamed(registry, name)?.versions.get(version);
  if (found === undefined || !mayThrough(found, "find", principal.role)) throw forbidden([]);
}

/**
 * Checks that the access lists of an entity admit the principal to its documents.
 *
 * @throws AppError `forbidden`.
 */
export function requireReading(registry: Registry, principal: Principal, name: string): void {
  if (closedTypes(registry, principal).includes(name)) throw forbidden([]);
}

/** A write of a whole resource. */
export interface WholeWrite {
  readonly identifier: string;
  readonly payloadType: string;
  readonly operation: EntityOperation;
}

/**
 * Checks that the principal may write resources with all their fields.
 *
 * @throws AppError `forbidden` naming the resources.
 */
export function requireFull(
  registry: Registry,
  principal: Principal,
  writes: readonly WholeWrite[],
): void {
  if (!isBound(principal)) return;
  const closed = writes.filter(
    ({ payloadType, operation }) =>
      !isOpen(registry.entities.get(payloadType), operation, principal.role),
  );
  if (closed.length === 0) return;
  throw forbidden(
    closed.map(({ identifier, operation }) => ({
      identifier,
      path: "",
      code: "forbidden",
      detail: `The access lists do not admit your role to ${operation}.`,
    })),
  );
}
