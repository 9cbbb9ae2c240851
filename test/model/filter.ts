import type { Json, JsonObject } from "../../src/model/json.ts";
import type { FieldKind } from "./types.ts";

/** The value at a dotted path, and the kind that its schema declares. */
export interface Found {
  readonly value: Json | undefined;
  readonly kind: FieldKind;
}

/** Finds the value of one row at a dotted path of a filter. */
export type Lookup = (path: string) => Found;

/** True for a JSON object. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const asList = (value: Json | undefined): readonly Json[] =>
  Array.isArray(value) ? (value as readonly Json[]) : [];

/** The text of a JSON value with sorted members: equal values have equal texts. */
export const canonical = (value: Json | undefined): string => {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item as Json)).join()}]`;
  if (!isObject(value)) return JSON.stringify(value ?? null);
  const members = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`).join()}}`;
};

/** Order by code point (JavaScript's own compares UTF-16 units, which differs above U+FFFF). */
export const compareText = (left: string, right: string): number => {
  const points = (text: string): readonly number[] =>
    Array.from(text, (character) => character.codePointAt(0) ?? 0);
  const [a, b] = [points(left), points(right)];
  const at = a.findIndex((point, index) => point !== b[index]);
  return at < 0 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? -1);
};

/** Microseconds of an RFC 3339 instant; a number because tests stay between 1970 and 2255. */
export const toMicros = (instant: string): number => {
  const [, seconds, fraction, zone] = /^(.{19})(?:\.(\d+))?(.*)$/.exec(instant) ?? [];
  return Date.parse(`${seconds}${zone}`) * 1000 + Number((fraction ?? "").padEnd(6, "0"));
};

const comparable = (value: Json | undefined, kind: FieldKind): Json | undefined =>
  kind === "datetime" && typeof value === "string" ? toMicros(value) : value;

/** Order of two scalars of one type; undefined when they are not comparable. */
export const compareValues = (
  left: Json | undefined,
  right: Json | undefined,
): number | undefined => {
  if (typeof left === "string" && typeof right === "string") return compareText(left, right);
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left === "boolean" && typeof right === "boolean") return Number(left) - Number(right);
  return undefined;
};

const equal = (left: Json | undefined, right: Json | undefined): boolean =>
  canonical(left) === canonical(right);

const foldAscii = (text: string): string =>
  text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

const quote = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

const likePattern = (pattern: string): RegExp => {
  const pieces = [...pattern.matchAll(/\\(.)|(.)/gsu)].map(([, escaped, plain]) => {
    if (escaped !== undefined) return quote(escaped);
    return plain === "%" ? ".*" : plain === "_" ? "." : quote(plain ?? "");
  });
  return new RegExp(`^${pieces.join("")}$`, "su");
};

const contains = (value: Json | undefined, item: Json): boolean =>
  typeof value === "string" && typeof item === "string"
    ? value.includes(item)
    : asList(value).some((member) => equal(member, item));

const ordered = (
  value: Json | undefined,
  operand: Json | undefined,
  holds: (order: number) => boolean,
): boolean => {
  const order = compareValues(value, operand);
  return order !== undefined && holds(order);
};

type Operator = (value: Json | undefined, operand: Json) => boolean;

const between: Operator = (value, operand) => {
  const [low, high] = asList(operand);
  return ordered(value, low, (order) => order >= 0) && ordered(value, high, (order) => order <= 0);
};

const OPERATORS: Readonly<Record<string, Operator>> = {
  eq: equal,
  ne: (value, operand) => !equal(value, operand),
  lt: (value, operand) => ordered(value, operand, (order) => order < 0),
  lte: (value, operand) => ordered(value, operand, (order) => order <= 0),
  gt: (value, operand) => ordered(value, operand, (order) => order > 0),
  gte: (value, operand) => ordered(value, operand, (order) => order >= 0),
  in: (value, operand) => asList(operand).some((item) => equal(value, item)),
  nin: (value, operand) => !asList(operand).some((item) => equal(value, item)),
  between,
  like: (value, operand) => typeof value === "string" && likePattern(String(operand)).test(value),
  ilike: (value, operand) =>
    typeof value === "string" && likePattern(foldAscii(String(operand))).test(foldAscii(value)),
  regex: (value, operand) =>
    typeof value === "string" && new RegExp(String(operand), "u").test(value),
  exists: (value, operand) => (value !== undefined && value !== null) === operand,
  contains: (value, operand) => contains(value, operand),
  contains_any: (value, operand) => asList(operand).some((item) => contains(value, item)),
  contains_all: (value, operand) =>
    Array.isArray(value) && asList(operand).every((item) => contains(value, item)),
  starts_with: (value, operand) =>
    typeof value === "string" && typeof operand === "string" && value.startsWith(operand),
};

const normalise = (operand: Json, kind: FieldKind): Json =>
  Array.isArray(operand)
    ? operand.map((item) => comparable(item as Json, kind) ?? null)
    : (comparable(operand, kind) ?? null);

const leaf = (found: Found, form: Json): boolean => {
  const value = comparable(found.value, found.kind);
  if (!isObject(form)) return equal(value, normalise(form, found.kind));
  return Object.entries(form).every(([name, operand]) => {
    const operator = OPERATORS[name];
    if (operator === undefined) throw new Error(`the model has no operator ${name}`);
    return operator(value, normalise(operand, found.kind));
  });
};

/** Whether a row satisfies a filter of `POST /query`. Two-valued: never unknown. */
export const matches = (filter: JsonObject, lookup: Lookup): boolean =>
  Object.entries(filter).every(([name, form]) => {
    if (name === "and") return asList(form).every((part) => matches(part as JsonObject, lookup));
    if (name === "or") return asList(form).some((part) => matches(part as JsonObject, lookup));
    if (name === "not") return !matches(form as JsonObject, lookup);
    return leaf(lookup(name), form);
  });
