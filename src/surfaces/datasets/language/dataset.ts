/** A payload type as a dataset: fields with their constraints, and relations. */
import { isJsonObject, ownMember, type Json } from "../../../model/json.ts";
import { hasMany, linkKind } from "../../../model/relation.ts";
import { INTERNAL_TYPES } from "../../../schema/internal.ts";
import type { Field, PayloadType, Registry } from "../../../schema/type.ts";
import type { Constraint } from "./constraints.ts";
import { outputName } from "./names.ts";

/** Types of fields. */
export const FIELD_TYPES = [
  "boolean",
  "date",
  "datetime",
  "float",
  "integer",
  "json",
  "string",
  "uuid",
] as const;

/** One of the types. */
export type FieldType = (typeof FIELD_TYPES)[number];

/** A field of a dataset. */
export interface DatasetField {
  readonly name: string;
  readonly stored: string;
  readonly type: FieldType;
  readonly constraints: readonly Constraint[];
  /** Undefined: none. */
  readonly initial: Json | undefined;
}

/** A relation to a child dataset; it has the child's name. */
export interface DatasetRelation {
  readonly name: string;
  readonly kind: string;
  readonly many: boolean;
  readonly cascade: boolean;
}

/** A payload type as a dataset. */
export interface Dataset {
  readonly name: string;
  readonly type: PayloadType;
  readonly fields: ReadonlyMap<string, DatasetField>;
  readonly relations: ReadonlyMap<string, DatasetRelation>;
  readonly strict: boolean;
  /** True for a payload type that was defined as a dataset: its records have UUIDs as ids. */
  readonly defined: boolean;
  /** True for a deleted dataset. */
  readonly retired: boolean;
}

const TYPES: Readonly<Record<Field["kind"], FieldType>> = {
  boolean: "boolean",
  date: "date",
  datetime: "datetime",
  number: "float",
  integer: "integer",
  string: "string",
  list: "json",
  json: "json",
};

const fieldOf = (field: Field, type: PayloadType): DatasetField => {
  const properties = type.jsonSchema["properties"];
  const schema = isJsonObject(properties) ? properties[field.name] : undefined;
  const noted = isJsonObject(schema) ? schema : {};
  const required = (type.jsonSchema["required"] ?? []) as readonly string[];
  return {
    name: outputName(field.name),
    stored: field.name,
    type: (noted["x-type"] as FieldType | undefined) ?? TYPES[field.kind],
    constraints:
      (noted["x-constraints"] as unknown as readonly Constraint[] | undefined) ??
      (required.includes(field.name) ? [{ type: "required" }] : []),
    initial: ownMember(type.defaults, field.name) ?? undefined,
  };
};

const made = new WeakMap<PayloadType, Dataset>();

/** The dataset of a payload type. */
const datasetOf = (type: PayloadType): Dataset => {
  const known = made.get(type);
  if (known !== undefined) return known;
  const fields = [...type.fields.values()].map((field) => fieldOf(field, type));
  const state = type.jsonSchema["x-dataset"];
  const dataset: Dataset = {
    name: type.name,
    type,
    fields: new Map(fields.map((field) => [field.name, field])),
    relations: new Map(
      type.relations.map((relation) => [
        relation.dataset,
        {
          name: relation.dataset,
          kind: linkKind(type.name, relation.dataset),
          many: hasMany(relation),
          cascade: relation.cascade,
        },
      ]),
    ),
    strict: type.strict,
    defined: state !== undefined,
    retired: state === "retired",
  };
  made.set(type, dataset);
  return dataset;
};

/** The dataset of a name; undefined when no dataset that callers may know of has it. */
export function datasetNamed(registry: Registry, name: string): Dataset | undefined {
  const type = INTERNAL_TYPES.has(name) ? undefined : registry.types.get(name);
  return type === undefined ? undefined : datasetOf(type);
}

/** The dataset at the other end of a relation. */
export function childOf(registry: Registry, relation: DatasetRelation): Dataset {
  const child = datasetNamed(registry, relation.name);
  if (child === undefined) throw new Error("A relation leads to an unregistered payload type.");
  return child;
}
