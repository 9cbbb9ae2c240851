/** Constraints of fields: how each checks a value, and the equivalent JSON Schema. */
import type { Json, JsonObject } from "../../../model/json.ts";
import { compilePattern, type Pattern } from "../../../query/pattern.ts";

/** Names of constraints. */
export const CONSTRAINTS = [
  "required",
  "numeric",
  "alpha",
  "alphanumeric",
  "uppercase",
  "lowercase",
  "min",
  "max",
  "min_length",
  "max_length",
  "regexp",
] as const;

/** One of the names. */
export type ConstraintName = (typeof CONSTRAINTS)[number];

/** A constraint of a field; only some constraints have a value. */
export interface Constraint {
  readonly type: ConstraintName;
  readonly value?: number | string;
}

/** The characters of each class; every class but digits includes spaces. */
const CLASSES: Partial<Record<ConstraintName, string>> = {
  numeric: "^[0-9]*$",
  alpha: "^[\\p{L}\\p{M} ]*$",
  alphanumeric: "^[\\p{L}\\p{M}\\p{N} ]*$",
  uppercase: "^[^\\p{Ll}]*$",
  lowercase: "^[^\\p{Lu}]*$",
};

/** How messages name a violated constraint. */
const CALLED: Partial<Record<ConstraintName, string>> = {
  min_length: "minLength",
  max_length: "maxLength",
};

/** The name of a constraint in messages. */
export function calledConstraint({ type }: Constraint): string {
  return CALLED[type] ?? type;
}

/** True for constraints whose value is a number. */
export function isNumeric(type: ConstraintName): boolean {
  return type === "min" || type === "max" || isLength(type);
}

/** True for bounds of a string's length. */
export function isLength(type: ConstraintName): boolean {
  return type === "min_length" || type === "max_length";
}

const patterns = new Map<string, Pattern | undefined>();
const PATTERNS_MAX = 500;

const patternOf = (source: string): Pattern | undefined => {
  if (patterns.size >= PATTERNS_MAX) patterns.clear();
  if (!patterns.has(source)) patterns.set(source, compilePattern(source));
  return patterns.get(source);
};

const lengthOf = (text: string): number => [...text].length;

/**
 * True when a value that is not null satisfies a constraint. A constraint for another kind of value
 * holds.
 */
export function satisfies({ type, value = "" }: Constraint, given: Json): boolean {
  if (typeof given === "number") {
    if (type === "min") return given >= Number(value);
    return type !== "max" || given <= Number(value);
  }
  if (typeof given !== "string") return true;
  if (type === "min_length") return lengthOf(given) >= Number(value);
  if (type === "max_length") return lengthOf(given) <= Number(value);
  const source = type === "regexp" ? String(value) : CLASSES[type];
  return source === undefined || (patternOf(source)?.test(given) ?? false);
}

const KEYWORDS: Partial<Record<ConstraintName, string>> = {
  min: "minimum",
  max: "maximum",
  min_length: "minLength",
  max_length: "maxLength",
};

const schemaOf = ({ type, value = "" }: Constraint): JsonObject | undefined => {
  const keyword = KEYWORDS[type];
  if (keyword !== undefined) return { [keyword]: value };
  const pattern = type === "regexp" ? String(value) : CLASSES[type];
  return pattern === undefined ? undefined : { pattern };
};

/** The JSON Schema of constraints, to be merged with the type of a field. */
export function constraintSchema(constraints: readonly Constraint[]): JsonObject {
  const schemas = constraints.flatMap((constraint) => schemaOf(constraint) ?? []);
  return schemas.length === 0 ? {} : { allOf: schemas };
}
