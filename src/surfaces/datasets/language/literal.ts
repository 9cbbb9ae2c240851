/** Constants of conditions, converted to the form of stored values. */
import { isJsonObject, type Json } from "../../../model/json.ts";
import { isUuid } from "../../../identity/uuid.ts";
import { isCalendarDate } from "../../../model/time.ts";
import { isLiteral, type Literal } from "../../../query/condition.ts";
import { textError } from "../../../schema/inspect.ts";
import { canonicalInstant } from "../../../schema/instant.ts";
import { literalOf } from "../../../schema/literal.ts";
import { refuse } from "./error.ts";
import type { FieldTarget } from "./target.ts";

/** A UUID in lower case, from one in any case; undefined for other strings. */
export function readUuid(text: string): string | undefined {
  const lower = text.toLowerCase();
  return isUuid(lower) ? lower : undefined;
}

const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

const numeric = (value: Literal): Literal =>
  typeof value === "string" && NUMBER.test(value.trim()) ? Number(value) : value;

const flag = (value: Literal): Literal =>
  value === "true" || value === "false" ? value === "true" : value;

/** A date means its first moment in UTC. */
const moment = (value: Literal): Literal =>
  typeof value === "string" && isCalendarDate(value) ? `${value}T00:00:00Z` : value;

/** An instant means its date in UTC. */
const day = (value: Literal): Literal =>
  (typeof value === "string" ? canonicalInstant(value)?.slice(0, 10) : undefined) ?? value;

type Reader = (value: Literal) => Literal | undefined;

/** Converts what clients write for a value of a kind to a value of that kind. */
const leniently =
  (
    kind: "number" | "boolean" | "date" | "datetime" | "instant" | "string",
    as: typeof day,
  ): Reader =>
  (value) =>
    literalOf(kind, as(value));

const text = leniently("string", String);
const number = leniently("number", numeric);
const asIs: Reader = (value) => value;

const READERS: Readonly<Record<FieldTarget["holds"], readonly [Reader, string]>> = {
  boolean: [leniently("boolean", flag), "true or false"],
  date: [leniently("date", day), "a date YYYY-MM-DD"],
  datetime: [leniently("datetime", moment), "an RFC 3339 instant"],
  instant: [leniently("instant", moment), "an RFC 3339 instant"],
  float: [number, "a number"],
  integer: [number, "a number"],
  string: [text, "a text"],
  uuid: [(value) => (typeof value === "string" ? readUuid(value) : undefined), "a UUID"],
  id: [text, "a text"],
  json: [asIs, "a value"],
  list: [asIs, "a value"],
  free: [asIs, "a value"],
};

/** Refuses values that no stored value can have, at any depth. */
export function refuseUnstorable(value: Json, at: string): void {
  if (typeof value === "string") {
    const detail = textError(value);
    if (detail !== undefined) refuse(at, detail);
  } else if (typeof value === "object" && value !== null) {
    const inner = isJsonObject(value) ? [...Object.keys(value), ...Object.values(value)] : value;
    for (const each of inner) refuseUnstorable(each, at);
  }
}

/**
 * Converts a constant to the form of the values at a target: numbers also from strings, instants in
 * UTC.
 *
 * @throws AppError `invalid_value` for one that no value there could have.
 */
export function readLiteral(value: Json, target: FieldTarget, at: string): Literal {
  if (!isLiteral(value)) return refuse(at, `Expected a value to compare ${target.name} with.`);
  refuseUnstorable(value, at);
  const isId = target.holds === "id" && target.dataset.defined;
  const [read, expected] = READERS[isId ? "uuid" : (target.declared ?? target.holds)];
  const literal = read(value);
  return literal ?? refuse(at, `Expected ${expected} for ${target.name}.`);
}
