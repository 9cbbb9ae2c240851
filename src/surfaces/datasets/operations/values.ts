/** Values of fields: checked in the words of this surface, written as they are stored. */
import { ownMember, type Json, type JsonObject } from "../../../model/json.ts";
import { isCalendarDate } from "../../../model/time.ts";
import { canonicalInstant } from "../../../schema/instant.ts";
import { calledConstraint, satisfies } from "../language/constraints.ts";
import type { Dataset, DatasetField, FieldType } from "../language/dataset.ts";
import { refuseRecord } from "../language/error.ts";
import { readUuid } from "../language/literal.ts";

type Reader = (value: Json) => Json | undefined;

const texts =
  (read: (text: string) => string | undefined): Reader =>
  (value) =>
    typeof value === "string" ? read(value) : undefined;

/** A value of a type as it is stored; undefined when it is of another type. */
const READERS: Readonly<Record<FieldType, Reader>> = {
  boolean: (value) => (typeof value === "boolean" ? value : undefined),
  date: texts((text) => (isCalendarDate(text) ? text : undefined)),
  datetime: texts(canonicalInstant),
  float: (value) => (typeof value === "number" ? value : undefined),
  integer: (value) => (Number.isInteger(value) ? value : undefined),
  json: (value) => value,
  string: texts((text) => text),
  uuid: texts(readUuid),
};

/**
 * The value of a field that is not null, as it is stored.
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
 * Passes when the fields of a record, as it shall be stored, satisfy their constraints.
 *
 * @throws AppError `invalid_value` naming the first that does not.
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

/** True for a field that takes its default where a record of before lacks it. */
export function standsIn(field: DatasetField): boolean {
  return field.initial !== undefined && isRequired(field);
}
