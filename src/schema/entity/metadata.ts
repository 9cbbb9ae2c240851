/**
 * The metadata of an entity: a payload type with versions, each of which sees some of its fields.
 */
import type { JsonObject } from "../../model/json.ts";

/** Types of values that are not containers. */
export const SCALAR_TYPES = [
  "string",
  "integer",
  "double",
  "bigdecimal",
  "biginteger",
  "boolean",
  "date",
  "binary",
  "uid",
  "any",
] as const;

/** One of them. */
export type ScalarType = (typeof SCALAR_TYPES)[number];

/** What a version may be used for: a `disabled` one for nothing. */
export const STATUSES = ["active", "deprecated", "disabled"] as const;

/** One of the states. */
export type VersionStatus = (typeof STATUSES)[number];

/** Names of roles, `anyone` and `noone`; null when nothing is set, which means `anyone`. */
export type Roles = readonly string[] | null;

/** The constraints of a field's values. */
export interface Constraints {
  readonly identity: boolean;
  readonly required: boolean;
  /** The values of the enum. */
  readonly enum: readonly string[] | null;
  /** A test of the whole string. */
  readonly matches: ((text: string) => boolean) | null;
  readonly minLength: number | null;
  readonly maxLength: number | null;
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly minItems: number | null;
  readonly maxItems: number | null;
  readonly elementIdentity: boolean;
}

/** What fills a field. */
export interface Generator {
  readonly type: "UUID" | "IntSequence" | "CurrentTime";
  readonly overwrite: boolean;
  /** Name of an IntSequence. */
  readonly sequence: string;
  readonly initialValue: number;
}

interface Common {
  readonly name: string;
  readonly constraints: Constraints;
  readonly generator: Generator | null;
  /** Access lists, inherited from the enclosing fields and the version. */
  readonly access: { readonly find: Roles; readonly insert: Roles; readonly update: Roles };
  /** Which part of the document itself the field returns; such a field is never stored. */
  readonly carries: "documentVersion" | "resultMetadata" | null;
}

/** A field with one value. */
export interface ScalarField extends Common {
  readonly kind: "scalar";
  readonly type: ScalarType;
}

/** A field with fields. */
export interface ObjectField extends Common {
  readonly kind: "object";
  readonly fields: ReadonlyMap<string, EntityField>;
}

/** A field with elements. */
export interface ArrayField extends Common {
  readonly kind: "array";
  readonly items: ScalarField | ObjectField;
}

/** A field of an entity. */
export type EntityField = ScalarField | ObjectField | ArrayField;

/** One version of an entity. */
export interface EntityVersion {
  readonly entity: string;
  readonly version: string;
  readonly status: VersionStatus;
  /** The document itself. */
  readonly root: ObjectField;
  readonly access: {
    readonly find: Roles;
    readonly insert: Roles;
    readonly update: Roles;
    readonly delete: Roles;
  };
  /** Fields of the identity in addition to `_id`; empty when `_id` alone is the identity. */
  readonly identity: readonly string[];
}

/** An index of entityInfo, over top-level fields. */
export interface EntityIndex {
  readonly fields: readonly string[];
  readonly unique: boolean;
}

/** What is stored of an entity's metadata: the documents as they were sent. */
export interface EntityState {
  readonly entityInfo: JsonObject;
  /** The member `schema` of each version's document. */
  readonly schemas: Readonly<Record<string, JsonObject>>;
}

/** An entity ready for use. */
export interface Entity {
  readonly name: string;
  readonly state: EntityState;
  readonly versions: ReadonlyMap<string, EntityVersion>;
  readonly defaultVersion: string | null;
  readonly indexes: readonly EntityIndex[];
  /** True: it is not registered; its metadata is derived from a payload type. */
  readonly derived: boolean;
}

/** Fields that every entity has. */
export const ID = "_id";

/** The member that names the entity. */
export const OBJECT_TYPE = "objectType";
