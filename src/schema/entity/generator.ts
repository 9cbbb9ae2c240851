/** Value generators: they fill a field that a document leaves out. */
import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import type { InstantMicros } from "../../model/time.ts";
import { formatInstant } from "../../model/time.ts";
import { refuse, quoted } from "./error.ts";
import type { EntityField, EntityVersion, Generator, ObjectField } from "./metadata.ts";

const TYPES: readonly (Json | undefined)[] = ["UUID", "IntSequence", "CurrentTime"];

/** Types of fields that can hold a generated value. */
const FITTING: Readonly<Record<Generator["type"], readonly (Json | undefined)[]>> = {
  UUID: ["string", "uid"],
  IntSequence: ["integer", "double"],
  CurrentTime: ["date"],
};

const UUID: Generator = { type: "UUID", overwrite: false, sequence: "", initialValue: 1 };

/** The generator of a field's metadata; a field of type `uid` has one of its own. */
export function parseGenerator(
  value: Json | undefined,
  fieldType: Json | undefined,
  path: string,
): Generator | null {
  if (value === undefined || value === null) return fieldType === "uid" ? UUID : null;
  const given = isJsonObject(value) ? value : {};
  const { type, overwrite, configuration } = given;
  const isKnown = TYPES.includes(type);
  if (!isKnown || !FITTING[type as Generator["type"]].includes(fieldType)) {
    refuse("metadata:InvalidValueGenerator", `${path}: ${quoted(type)}`);
  }
  const { name, initialValue = 1 } = isJsonObject(configuration) ? configuration : {};
  const isSequence = type === "IntSequence";
  const sequence = typeof name === "string" && name.length <= 256 ? name : "";
  if (isSequence && sequence === "") {
    refuse("metadata:InvalidValueGenerator", `${path}: configuration.name: expected a text`);
  }
  if (!Number.isSafeInteger(Number(initialValue))) {
    refuse("metadata:InvalidValueGenerator", `${path}: configuration.initialValue`);
  }
  return {
    type: type as Generator["type"],
    overwrite: overwrite === true,
    sequence,
    initialValue: Number(initialValue),
  };
}

/** Where generated values come from. */
export interface Source {
  readonly now: InstantMicros;
  readonly uuid: () => string;
  /** The next number of a sequence, starting with an initial value. */
  readonly next: (sequence: string, initialValue: number) => number;
}

/** A new value in stored form. */
export function generate(generator: Generator, source: Source): Json {
  switch (generator.type) {
    case "UUID":
      return source.uuid();
    case "IntSequence":
      return source.next(generator.sequence, generator.initialValue);
    case "CurrentTime":
      return formatInstant(source.now);
  }
}

const isFilled = (field: EntityField, value: Json | undefined): boolean => {
  const { generator, constraints } = field;
  if (generator === null) return false;
  if (value === undefined) return constraints.required || constraints.identity;
  return value === null || generator.overwrite;
};

const fillObject = (field: ObjectField, object: JsonObject, source: Source): JsonObject => {
  const members = new Map<string, Json>(Object.entries(object));
  for (const [name, inner] of field.fields) {
    const value = members.get(name);
    if (inner.generator !== null && isFilled(inner, value)) {
      members.set(name, generate(inner.generator, source));
    } else if (value !== undefined) members.set(name, fillValue(inner, value, source));
  }
  return Object.fromEntries(members);
};

const fillValue = (field: EntityField, value: Json, source: Source): Json => {
  if (field.kind === "object") {
    return isJsonObject(value) ? fillObject(field, value, source) : value;
  }
  if (field.kind === "scalar" || field.items.kind === "scalar" || !Array.isArray(value))
    return value;
  const { items } = field;
  return (value as readonly Json[]).map((one) => fillValue(items, one, source));
};

/** A document (which may still contain nulls) with its generated values. */
export function fill(version: EntityVersion, document: JsonObject, source: Source): JsonObject {
  return fillObject(version.root, document, source);
}

const sequencesIn = (field: EntityField): readonly string[] => {
  const own = field.generator?.type === "IntSequence" ? [field.generator.sequence] : [];
  if (field.kind === "array") return [...own, ...sequencesIn(field.items)];
  if (field.kind === "scalar") return own;
  return [...own, ...[...field.fields.values()].flatMap(sequencesIn)];
};

/** Names of the sequences that a version's fields use. */
export function sequencesOf(version: EntityVersion): readonly string[] {
  return [...new Set(sequencesIn(version.root))];
}
