/** Constants of conditions, as stored values are written. */
import { isJsonObject, type Json } from "../../../model/json.ts";
import { isCalendarDate, parseInstant } from "../../../model/time.ts";
import type { Literal } from "../../../query/condition.ts";
import { textFault } from "../../../schema/inspect.ts";
import { canonicalInstant } from "../../../schema/instant.ts";
import { refuse } from "./error.ts";
import type { FieldTarget } from "./target.ts";

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** True for a UUID as text. */
export const isUuid = (text: string): boolean => UUID.test(text);

const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

const number = (value: Literal): number | undefined => {
  const read = typeof value === "string" && NUMBER.test(value.trim()) ? Number(value) : value;
  return typeof read === "number" && Number.isFinite(read) ? read : undefined;
};

const boolean = (value: Literal): boolean | undefined => {
  if (typeof value === "boolean") return value;
  return value === "true" || value === "false" ? value === "true" : undefined;
};

const text = (value: Literal): string => String(value);

const date = (value: Literal): string | undefined => {
  if (typeof value !== "string") return undefined;
  if (isCalendarDate(value)) return value;
  return canonicalInstant(value)?.slice(0, 10);
};

const datetime = (value: Literal): string | undefined => {
  if (typeof value !== "string") return undefined;
  return canonicalInstant(isCalendarDate(value) ? `${value}T00:00:00Z` : value);
};

const instant = (value: Literal): number | undefined => {
  if (typeof value !== "string") return undefined;
  const micros = parseInstant(isCalendarDate(value) ? `${value}T00:00:00Z` : value);
  if (micros === undefined) return undefined;
  return Math.min(Math.max(micros, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
};

const uuid = (value: Literal): string | undefined =>
  typeof value === "string" && isUuid(value) ? value.toLowerCase() : undefined;

const READERS: Readonly<
  Record<FieldTarget["holds"], readonly [(value: Literal) => Literal | undefined, string]>
> = {
  boolean: [boolean, "true or false"],
  date: [date, "a date YYYY-MM-DD"],
  datetime: [datetime, "an RFC 3339 instant"],
  instant: [instant, "an RFC 3339 instant"],
  float: [number, "a number"],
  integer: [number, "a number"],
  string: [text, "a text"],
  uuid: [uuid, "a UUID"],
  id: [text, "a text"],
  json: [(value) => value, "a value"],
  list: [(value) => value, "a value"],
  free: [(value) => value, "a value"],
};

/** True for a constant that values are compared with one by one. */
export const isLiteral = (value: Json): value is Literal =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";

/** Refuses what no stored value can hold, wherever it is. */
export const refuseUnstorable = (value: Json, at: string): void => {
  if (typeof value === "string") {
    const detail = textFault(value);
    if (detail !== undefined) refuse(at, detail);
  } else if (typeof value === "object" && value !== null) {
    const inner = isJsonObject(value) ? [...Object.keys(value), ...Object.values(value)] : value;
    for (const each of inner) refuseUnstorable(each, at);
  }
};

/**
 * A constant as what stands at a target is written: numbers also from text, instants in UTC.
 *
 * @throws AppError `invalid_value` for one that nothing there could be.
 */
export const readLiteral = (value: Json, target: FieldTarget, at: string): Literal => {
  if (!isLiteral(value)) return refuse(at, `Expected a value to compare ${target.name} with.`);
  refuseUnstorable(value, at);
  const isId = target.holds === "id" && target.dataset.defined;
  const [read, expected] = READERS[isId ? "uuid" : (target.declared ?? target.holds)];
  const literal = read(value);
  return literal ?? refuse(at, `Expected ${expected} for ${target.name}.`);
};
