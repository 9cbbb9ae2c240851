/** What the access lists of entities close, for every surface: only who has all rights is let in. */
import { AppError, type ErrorDetail } from "../../model/error.ts";
import type { Principal, Role } from "../../identity/principal.ts";
import { mayThrough, mayFully, type EntityOperation } from "../../schema/entity/access.ts";
import type { Entity } from "../../schema/entity/metadata.ts";
import { entityNamed } from "../../schema/registry.ts";
import type { Registry } from "../../schema/type.ts";

const isBound = (principal: Principal): boolean => principal.kind !== "system";

/** Of an entity that was deleted nobody knows the lists any more: its documents are the admins'. */
const isOpen = (
  entity: Entity | null | undefined,
  operation: EntityOperation,
  role: Role | null,
): boolean => {
  if (entity === undefined) return true;
  return entity === null ? role === "admin" : mayFully(entity, operation, role);
};

/** Lists are gone through once for each role, not for each read. */
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
 * Passes when a version admits the principal to its documents.
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
 * Passes when the access lists of an entity do not close its documents to the principal.
 *
 * @throws AppError `forbidden`.
 */
export function requireReading(registry: Registry, principal: Principal, name: string): void {
  if (closedTypes(registry, principal).includes(name)) throw forbidden([]);
}

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
