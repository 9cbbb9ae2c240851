/**
 * Names of the tables and indexes that payload types have in the database. SQLite has one set of names for both,
 * whatever type they belong to, and does not tell capitals apart. Pure.
 */
import type { IndexKey } from "./type.ts";

/** The table of a payload type. */
export function tableName(payloadType: string): string {
  return `x_${payloadType}`;
}

/** What an index of a single field serves. */
export type FieldIndexUse = "created" | "asc";

/** An index that a type declares. */
export function declaredIndexName(payloadType: string, field: string, use: FieldIndexUse): string {
  return `x_${payloadType}_${field}_${use}`;
}

/**
 * An index that was added at run time. No name of a type or a field has a dot: it is the name of no other index,
 * and of no table.
 */
export function addedIndexName(payloadType: string, field: string, use: FieldIndexUse): string {
  return `x_${payloadType}.${field}.${use}`;
}

/** An index over several fields, or a unique one. */
export function keyIndexName(payloadType: string, { fields, unique }: IndexKey): string {
  return `x_${payloadType}_${fields.join("_")}_${unique ? "key" : "group"}`;
}

/** A name in the database, and what takes it. */
export interface TakenName {
  /** As SQLite compares it. */
  readonly name: string;
  /** The member of a definition that it follows from. */
  readonly path: readonly string[];
  /** For messages: a type, or fields of it. */
  readonly owner: string;
}

/** What of a type its names follow from. */
interface Named {
  readonly payloadType: string;
  readonly indexes: readonly string[];
  readonly keys?: readonly IndexKey[];
}

/** The names that a type takes: its table, and the indexes that it declares. */
export function namesTakenBy({ payloadType, indexes, keys = [] }: Named): readonly TakenName[] {
  const taken = (name: string, path: readonly string[], owner: string): TakenName => ({
    name: name.toLowerCase(),
    path,
    owner,
  });
  return [
    taken(tableName(payloadType), ["payload_type"], payloadType),
    ...indexes.flatMap((field, at) =>
      (["created", "asc"] as const).map((use) => {
        const path = ["indexes", String(at)];
        return taken(declaredIndexName(payloadType, field, use), path, `${payloadType}.${field}`);
      }),
    ),
    ...keys.map((key) =>
      taken(keyIndexName(payloadType, key), ["keys"], `${payloadType}.${key.fields.join("+")}`),
    ),
  ];
}
