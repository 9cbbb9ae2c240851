import type { Json, JsonObject } from "../model/json.ts";
import type { Relation } from "../model/relation.ts";
import type { Entity } from "./entity/metadata.ts";

/**
 * The kind of a payload field, as far as queries and typed columns need it. `datetime` is stored as
 * a canonical RFC 3339 UTC string with six decimals, so that string order is time order. `list` is
 * an array of scalars; `json` is anything else.
 */
export type FieldKind =
  | "string"
  | "integer"
  | "number"
  | "boolean"
  | "date"
  | "datetime"
  | "list"
  | "json";

/** One top-level field of a payload type. */
export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  /** Kind of a list's elements. */
  readonly items?: "string" | "integer" | "number" | "boolean";
  readonly required: boolean;
  /** UCUM unit, if any. */
  readonly unit?: string;
  readonly description: string;
  /** True when the field has a column of its own in the type's projection table. */
  readonly column: boolean;
}

/** An index over one or several fields. */
export interface IndexKey {
  readonly fields: readonly string[];
  /**
   * True: no two live resources of the type have the same values; a missing value differs from
   * every other.
   */
  readonly unique: boolean;
}

/**
 * Which rows of the projection an index that was added at run time holds: those that have a number, the mark, in
 * one of the columns for marks, the slot. Rows get it slice by slice, so that the index is built in slices.
 */
export interface IndexMark {
  readonly slot: number;
  readonly mark: number;
}

/** A payload type: built in or registered at run time. */
export interface PayloadType {
  readonly name: string;
  readonly builtin: boolean;
  /** Semantic version that new resources are written with. */
  readonly version: string;
  readonly fields: ReadonlyMap<string, Field>;
  /** Fields whose filters and sorts are served by an index; see `indexedFields`. */
  readonly indexes: readonly string[];
  /** Those that the type declares, where admins have changed which are indexed. */
  readonly declaredIndexes?: readonly string[];
  /** Fields whose index is not complete yet. */
  readonly buildingIndexes?: readonly string[];
  /** The marks of indexes that were added at run time, complete or not, by field. */
  readonly marks?: ReadonlyMap<string, IndexMark>;
  /** Further indexes. */
  readonly keys: readonly IndexKey[];
  /** True: unknown members are refused. */
  readonly strict: boolean;
  readonly defaults: JsonObject;
  /** To the types of child records. */
  readonly relations: readonly Relation[];
  /** Fields that name objects in the bucket: a string, or a list of strings. */
  readonly references: readonly string[];
  /** JSON Schema 2020-12 of the payload. */
  readonly jsonSchema: JsonObject;
  /** Those of earlier versions, by which stored payloads may have been checked; absent: none. */
  readonly olderSchemas?: readonly JsonObject[];
  /**
   * Checks a payload and returns it normalised (defaults filled in, instants canonical), or the
   * errors, each with the dotted path of the member. With `defaults: false` (an update) absent
   * members stay absent, except for required ones: they get a default when older payloads lack
   * them.
   */
  readonly validate: (
    payload: JsonObject,
    options?: { readonly defaults?: boolean },
  ) => ValidationResult;
}

/** One error of a payload. */
export interface ErrorDetail {
  readonly path: string;
  readonly code: string;
  readonly detail: string;
}

/** A normalised payload or its errors. */
export type ValidationResult =
  | { readonly ok: true; readonly payload: JsonObject }
  | { readonly ok: false; readonly errors: readonly ErrorDetail[] };

/** All payload types of one moment; `version` counts registrations. */
export interface Registry {
  readonly version: number;
  readonly types: ReadonlyMap<string, PayloadType>;
  /** Registered entities by the name of their payload type; null for a deleted one. */
  readonly entities: ReadonlyMap<string, Entity | null>;
}

/** A stored definition of a registered type. */
export interface TypeDefinition {
  readonly payloadType: string;
  readonly version: string;
  readonly jsonSchema: JsonObject;
  readonly indexes: readonly string[];
  readonly defaults: JsonObject;
  readonly relations: readonly Json[];
  readonly strict: boolean;
  /** Of types of entities. */
  readonly keys?: readonly IndexKey[];
}
