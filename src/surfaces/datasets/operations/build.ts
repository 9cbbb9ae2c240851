/** Builds new records with their children from what was sent. Pure. */
import { isJsonObject, type Json, type JsonObject } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import type { Link } from "../../../model/relation.ts";
import type { CreateChange } from "../../../model/transaction.ts";
import type { Registry } from "../../../schema/type.ts";
import { childOf, type Dataset, type DatasetRelation } from "../language/dataset.ts";
import { refuse, refuseRecord } from "../language/error.ts";
import { isImmutable, storedName } from "../language/names.ts";
import { checkConstraints, readValue, withoutNulls } from "./values.ts";

/** A new record, and its children by the kinds of the links that lead to them. */
export interface NewRecord {
  readonly id: string;
  readonly payload: JsonObject;
  readonly children: ReadonlyMap<string, readonly NewRecord[]>;
}

/** Everything that one insert makes. */
export interface Building {
  readonly registry: Registry;
  readonly nextId: () => string;
  readonly changes: CreateChange[];
  readonly links: Link[];
}

const refuseImmutable = (name: string, value: Json): void => {
  if (value === null) return;
  refuseRecord(`Validation error: field "${name}" is immutable`, name);
};

const memberOf = (dataset: Dataset, name: string, value: Json): [string, Json] => {
  const field = dataset.fields.get(name);
  if (field !== undefined) {
    return [field.stored, value === null ? null : readValue(field, value)];
  }
  if (dataset.strict) {
    refuseRecord(`Validation error: field "${name.slice(0, 64)}" is unknown`, name.slice(0, 64));
  }
  return [storedName(name), value];
};

/**
 * The members of a record in stored form; children are set apart, and null stays null.
 *
 * @throws AppError `invalid_value` for an invalid value.
 */
export function membersOf(
  dataset: Dataset,
  sent: JsonObject,
  onRelation: (relation: DatasetRelation, value: Json) => void,
): Map<string, Json> {
  const members = new Map<string, Json>();
  for (const [name, value] of Object.entries(sent)) {
    const field = dataset.fields.get(name);
    const relation = field === undefined ? dataset.relations.get(name) : undefined;
    if (field === undefined && isImmutable(name)) continue;
    if (relation === undefined) members.set(...memberOf(dataset, name, value));
    else onRelation(relation, value);
  }
  return members;
}

const childrenOf = (relation: DatasetRelation, value: Json): readonly JsonObject[] => {
  const { name, many } = relation;
  if (value === null) return [];
  if (!many) {
    return isJsonObject(value)
      ? [value]
      : refuse(name, "Expected one object: the relation is to one.");
  }
  if (!Array.isArray(value)) return refuse(name, "Expected an array: the relation is to many.");
  return (value as readonly Json[]).map((each) =>
    isJsonObject(each) ? each : refuse(name, "Expected an array of objects."),
  );
};

/**
 * A new record with defaults filled in, followed by its children.
 *
 * @throws AppError naming the first error.
 */
export function buildRecord(building: Building, dataset: Dataset, sent: JsonObject): NewRecord {
  for (const [name, value] of Object.entries(sent)) {
    if (isImmutable(name) && !dataset.fields.has(name)) refuseImmutable(name, value);
  }
  if (building.changes.length >= LIMITS.insertedRecordsMax) {
    const most = LIMITS.insertedRecordsMax;
    refuse("body", `Expected at most ${most} records, children included.`, "too_large");
  }
  const below: [DatasetRelation, readonly JsonObject[]][] = [];
  const members = membersOf(dataset, sent, (relation, value) => {
    below.push([relation, childrenOf(relation, value)]);
  });
  for (const field of dataset.fields.values()) {
    if (field.initial !== undefined && !members.has(field.stored)) {
      members.set(field.stored, field.initial);
    }
  }
  const payload = withoutNulls(members);
  checkConstraints(dataset, payload);
  const id = building.nextId();
  building.changes.push({
    kind: "create",
    identifier: id,
    payloadType: dataset.name,
    parentIdentifier: null,
    derivedFrom: [],
    license: null,
    accessLevel: "internal",
    payload,
    complete: true,
  });
  const children = new Map<string, readonly NewRecord[]>();
  for (const [relation, records] of below) {
    const child = childOf(building.registry, relation);
    const made = records.map((record) => buildRecord(building, child, record));
    for (const { id: end } of made) {
      building.links.push({ relation: relation.kind, parent: id, child: end });
    }
    children.set(relation.kind, made);
  }
  return { id, payload, children };
}
