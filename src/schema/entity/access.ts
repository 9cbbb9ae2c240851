/** Access lists of an entity. Roles are those of the product, and `anyone` and `noone`. */
import { asObject, isJsonObject, jsonEqual, type Json } from "../../model/json.ts";
import type { Entity, EntityField, EntityVersion, ObjectField, Roles } from "./metadata.ts";

/** True when a list admits a role; `noone` overrides everything. */
export function admits(roles: Roles, role: string | null): boolean {
  if (roles === null) return true;
  if (roles.includes("noone")) return false;
  return roles.includes("anyone") || (role !== null && roles.includes(role));
}

/** True when a role may read a field; an enclosing field may still be closed to it. */
export function mayRead(field: EntityField, role: string | null): boolean {
  return admits(field.access.find, role);
}

/** True when a role may read a field with everything in it. */
export function mayReadFully(field: EntityField, role: string | null): boolean {
  return everyField(field, (each) => mayRead(each, role));
}

const everyField = (field: EntityField, test: (field: EntityField) => boolean): boolean => {
  if (!test(field)) return false;
  if (field.kind === "array") return everyField(field.items, test);
  if (field.kind === "scalar") return true;
  return [...field.fields.values()].every((inner) => everyField(inner, test));
};

/** True when the lists of a field and of all fields in it admit a role. */
export function admitsFully(
  root: ObjectField,
  operation: "find" | "insert" | "update",
  role: string | null,
): boolean {
  return everyField(root, (field) => admits(field.access[operation], role));
}

/** Operations on documents of an entity. */
export type EntityOperation = "find" | "insert" | "update" | "delete";

/** True when a role may do something through a version; single fields may still be closed to it. */
export function mayThrough(
  version: EntityVersion,
  operation: EntityOperation,
  role: string | null,
): boolean {
  return admits(version.access[operation], role);
}

/**
 * True when a role may do something to whole documents, with all their fields, whatever the
 * version: the rule for surfaces without versions.
 */
export function mayFully(entity: Entity, operation: EntityOperation, role: string | null): boolean {
  // Documents keep what was written through a version that is disabled now.
  return [...entity.versions.values()].every(
    (version) =>
      mayThrough(version, operation, role) &&
      (operation === "delete" || admitsFully(version.root, operation, role)),
  );
}

/** True when a role may neither read a field nor write it: it learns nothing about the value. */
export function isInaccessible(
  field: EntityField,
  operation: "insert" | "update",
  role: string | null,
): boolean {
  return !mayRead(field, role) && !admits(field.access[operation], role);
}

/** Paths of unreadable fields that a value names, independent of the stored values. */
export function inaccessibleNames(
  field: EntityField,
  value: Json | undefined,
  writing: { readonly operation: "insert" | "update"; readonly role: string | null },
  path = "",
): readonly string[] {
  if (value === undefined) return [];
  if (isInaccessible(field, writing.operation, writing.role)) return [path];
  const below = (inner: EntityField, each: Json | undefined, name: string): readonly string[] =>
    inaccessibleNames(inner, each, writing, path === "" ? name : `${path}.${name}`);
  if (field.kind === "array" && Array.isArray(value)) {
    return (value as readonly Json[]).flatMap((each, at) => below(field.items, each, String(at)));
  }
  if (field.kind !== "object" || !isJsonObject(value)) return [];
  return [...field.fields.values()].flatMap((inner) =>
    Object.hasOwn(value, inner.name) ? below(inner, value[inner.name], inner.name) : [],
  );
}

/** True when some field on a path of names and positions is closed to a role. */
export function isClosedPath(root: ObjectField, path: string, role: string | null): boolean {
  let field: EntityField | undefined = root;
  for (const name of path === "" ? [] : path.split(".")) {
    if (field === undefined || !mayRead(field, role)) break;
    // Lists about all elements of an array belong to the part after its name.
    const inner: EntityField = field.kind === "array" ? field.items : field;
    if (field.kind === "array" && /^\d+$/.test(name)) field = inner;
    else field = inner.kind === "object" ? inner.fields.get(name) : undefined;
  }
  return field !== undefined && !mayRead(field, role);
}

/** Paths of the fields that differ between two documents although the role may not write them. */
export function closedChanges(
  field: EntityField,
  before: Json | undefined,
  after: Json | undefined,
  writing: { readonly operation: "insert" | "update"; readonly role: string | null },
  path = "",
): readonly string[] {
  if (jsonEqual(before, after)) return [];
  if (!admits(field.access[writing.operation], writing.role)) return [path];
  if (field.kind === "object") {
    const [old, now] = [asObject(before), asObject(after)];
    return [...field.fields.values()].flatMap((inner) =>
      closedChanges(
        inner,
        old[inner.name],
        now[inner.name],
        writing,
        path === "" ? inner.name : `${path}.${inner.name}`,
      ),
    );
  }
  if (field.kind === "scalar") return [];
  const [old, now] = [before, after].map((value) =>
    Array.isArray(value) ? (value as Json[]) : [],
  );
  const length = Math.max(old?.length ?? 0, now?.length ?? 0);
  const closed = Array.from({ length }, (_, at) =>
    closedChanges(field.items, old?.[at], now?.[at], writing, `${path}.${at}`),
  );
  return closed.flat();
}
