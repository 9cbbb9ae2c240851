/** Values of fields: checked with this surface's error messages, converted to stored form. */
import { ownMember, type Json, type JsonObject } from "../../../model/json.ts";
import { isLiteral } from "../../../query/condition.ts";
import { literalOf } from "../../../schema/literal.ts";
import { calledConstraint, satisfies } from "../language/constraints.ts";
import type { Dataset, DatasetField, FieldType } from "../language/dataset.ts";
import { refuseRecord } from "../language/error.ts";
import { readUuid } from "../language/literal.ts";

type Reader = (value: Json) => Json | undefined;

const literal =
  (kind: "boolean" | "date" | "datetime" | "number" | "string"): Reader =>
  (value) =>
    isLiteral(value) ? literalOf(kind, value) : undefined;

/** A value of a type in stored form; undefined when it is of another type. */
const READERS: Readonly<Record<FieldType, Reader>> = {
  boolean: literal("boolean"),
  date: literal("date"),
  datetime: literal("datetime"),
  float: literal("number"),
  integer: (value) => (Number.isInteger(value) ? value : undefined),
  json: (value) => value,
  string: literal("string"),
  uuid: (value) => (typeof value === "string" ? readUuid(value) : undefined),
};

/**
 * The value of a field that is not null, in stored form.
 *
 * @throws AppError `invalid_value` for a value of another type.
 */
export function readValue(field: DatasetField, value: Json): Json {
  return (
    READERS[field.type](value) ??
    refuseRecord(
      `Validation error: field "${field.name}" violates "${field.type}" type`,
      field.name,
    )
  );
}

const isRequired = ({ constraints }: DatasetField): boolean =>
  constraints.some(({ type }) => type === "required");

/**
 * Checks the constraints of a record's fields before it is stored.
 *
 * @throws AppError `invalid_value` naming the first violated one.
 */
export function checkConstraints(dataset: Dataset, payload: JsonObject): void {
  for (const field of dataset.fields.values()) {
    const value = ownMember(payload, field.stored);
    if (value === null) {
      if (isRequired(field)) {
        refuseRecord(`validation error: missing data for "${field.name}"`, field.name);
      }
      continue;
    }
    for (const constraint of field.constraints) {
      if (satisfies(constraint, value)) continue;
      const word = calledConstraint(constraint);
      refuseRecord(
        `Validation error: field "${field.name}" violates "${word}" constraint`,
        field.name,
      );
    }
  }
}

/** The payload without members that are null. */
export function withoutNulls(members: ReadonlyMap<string, Json>): JsonObject {
  return Object.fromEntries([...members].filter(([, value]) => value !== null));
}

/** True for a field that takes its default where an existing record lacks it. */
export function standsIn(field: DatasetField): boolean {
  return field.initial !== undefined && isRequired(field);
}
