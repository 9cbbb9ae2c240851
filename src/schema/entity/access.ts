/** Who may do what with an entity. Roles are those of the product, and `anyone` and `noone`. */
import { isJsonObject, jsonEqual, type Json, type JsonObject } from "../../model/json.ts";
import type { Entity, EntityField, EntityVersion, ObjectField, Roles } from "./metadata.ts";

/** True when a list admits a role; `noone` wins over everything. */
export const admits = (roles: Roles, role: string | null): boolean => {
  if (roles === null) return true;
  if (roles.includes("noone")) return false;
  return roles.includes("anyone") || (role !== null && roles.includes(role));
};

const everyField = (field: EntityField, test: (field: EntityField) => boolean): boolean => {
  if (!test(field)) return false;
  if (field.kind === "array") return everyField(field.items, test);
  if (field.kind === "scalar") return true;
  return [...field.fields.values()].every((inner) => everyField(inner, test));
};

const fieldsAdmit = (
  root: ObjectField,
  operation: "find" | "insert" | "update",
  role: string | null,
): boolean => everyField(root, (field) => admits(field.access[operation], role));

/** What is done to documents of an entity. */
export type EntityOperation = "find" | "insert" | "update" | "delete";

/** True when a role may do something through a version; single fields may still be closed to it. */
export const mayThrough = (
  version: EntityVersion,
  operation: EntityOperation,
  role: string | null,
): boolean => admits(version.access[operation], role);

/**
 * True when a role may do something to the documents as a whole, with all their fields, whatever the
 * version: what surfaces that know no versions go by.
 */
export const mayWholly = (
  entity: Entity,
  operation: EntityOperation,
  role: string | null,
): boolean =>
  judging(entity).every(
    (version) =>
      mayThrough(version, operation, role) &&
      (operation === "delete" || fieldsAdmit(version.root, operation, role)),
  );

/** The versions whose lists count: those in use, or else all of them. */
const judging = (entity: Entity): readonly EntityVersion[] => {
  const all = [...entity.versions.values()];
  const used = all.filter(({ status }) => status !== "disabled");
  return used.length === 0 ? all : used;
};

const membersOf = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {});

/**
 * Paths of the fields whose values differ between two documents although the role may not write them.
 */
export const closedChanges = (
  field: EntityField,
  before: Json | undefined,
  after: Json | undefined,
  writing: { readonly operation: "insert" | "update"; readonly role: string | null },
  path = "",
): readonly string[] => {
  if (jsonEqual(before, after)) return [];
  if (!admits(field.access[writing.operation], writing.role)) return [path];
  if (field.kind === "object") {
    const [old, now] = [membersOf(before), membersOf(after)];
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
};
