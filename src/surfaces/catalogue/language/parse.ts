/** Wire → model: creates, updates and queries of the catalogue. Pure. */
import { AppError, type ErrorDetail } from "../../../model/error.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import { METADATA_NAMES, STORE_MEMBERS } from "../../../model/metadata.ts";
import { ACCESS_LEVELS, type AccessLevel } from "../../../model/resource.ts";
import type { CreateChange, UpdateChange } from "../../../model/transaction.ts";
import { asOfFrom, type AsOf } from "../../../query/query.ts";
import { isIdentifier } from "../../../model/identifier.ts";

type Collected = ErrorDetail[];

const SET_BY_STORE: ReadonlySet<string> = new Set(STORE_MEMBERS);

/** Records an error and returns the fallback, so that parsing can continue with the next member. */
const fail = <T>(errors: Collected, base: ErrorDetail, fallback: T): T => {
  errors.push(base);
  return fallback;
};

interface Element {
  readonly members: JsonObject;
  readonly position: { readonly index?: number; readonly identifier?: string };
}

const errorOf = (element: Element, member: string, code: string, detail: string): ErrorDetail => ({
  ...element.position,
  path: member,
  code,
  detail,
});

const IDENTIFIER_RULE = `Expected 1 to ${LIMITS.identifierLengthMax} characters without control characters, outer white space, or a step . or .. between slashes.`;

const parseIdentifier = (
  errors: Collected,
  element: Element,
  member: string,
  value: Json | undefined,
): string =>
  typeof value === "string" && isIdentifier(value)
    ? value
    : fail(errors, errorOf(element, member, "invalid_value", IDENTIFIER_RULE), "");

const encoder = new TextEncoder();

/** Exact only near the bound: one UTF-16 unit takes at most three bytes. */
const bytesOf = (text: string): number =>
  text.length * 3 <= LIMITS.payloadBytesMax ? text.length : encoder.encode(text).length;

const parseSources = (errors: Collected, element: Element, value: Json): readonly string[] => {
  const list = Array.isArray(value) ? (value as readonly Json[]) : null;
  if (list === null || list.length > LIMITS.batchItemsMax) {
    const detail = "Expected an array of identifiers.";
    return fail(errors, errorOf(element, "derived_from", "invalid_value", detail), []);
  }
  if (new Set(list).size < list.length) {
    const detail = "Expected each identifier once.";
    return fail(errors, errorOf(element, "derived_from", "invalid_value", detail), []);
  }
  const sources = list.map((item, position) =>
    parseIdentifier(errors, element, `derived_from.${position}`, item),
  );
  if (bytesOf(JSON.stringify(sources)) <= LIMITS.payloadBytesMax) return sources;
  const detail = `Expected sources of at most ${LIMITS.payloadBytesMax} bytes as JSON.`;
  return fail(errors, errorOf(element, "derived_from", "invalid_value", detail), []);
};

const parseLicense = (errors: Collected, element: Element, value: Json): string | null => {
  const fits = value === null || (typeof value === "string" && isLicense(value));
  return fits
    ? value
    : fail(errors, errorOf(element, "license", "invalid_value", "Expected text or null."), null);
};

const LICENSE_LENGTH_MAX = 4_096;

const isLicense = (value: string): boolean =>
  value.length <= LICENSE_LENGTH_MAX && value.isWellFormed() && !value.includes("\u0000");

const parseAccessLevel = (errors: Collected, element: Element, value: Json): AccessLevel => {
  const found = ACCESS_LEVELS.find((level) => level === value);
  const detail = `Expected one of ${ACCESS_LEVELS.join(", ")}.`;
  return (
    found ?? fail(errors, errorOf(element, "access_level", "invalid_value", detail), "internal")
  );
};

const payloadOf = (errors: Collected, element: Element): JsonObject => {
  const payload: Record<string, Json> = {};
  for (const name in element.members) {
    const value = element.members[name] as Json;
    if (SET_BY_STORE.has(name)) {
      errors.push(errorOf(element, name, "unknown_field", "The store sets this member."));
      continue;
    }
    if (METADATA_NAMES.has(name)) continue;
    if (name === "__proto__") {
      // An assignment to `__proto__` would set the prototype instead of a member.
      Object.defineProperty(payload, name, { value, enumerable: true });
    } else payload[name] = value;
  }
  return payload;
};

const parseType = (errors: Collected, element: Element, value: Json | undefined): string =>
  typeof value === "string" && /^[a-z][a-z0-9_]{0,63}$/.test(value)
    ? value
    : fail(
        errors,
        errorOf(element, "payload_type", "invalid_value", "Expected a payload type."),
        "",
      );

const parseCreate = (errors: Collected, members: JsonObject, index: number): CreateChange => {
  const identifier = members["identifier"];
  const position = typeof identifier === "string" ? { index, identifier } : { index };
  const element: Element = { members, position };
  if ("is_deleted" in members) {
    errors.push(errorOf(element, "is_deleted", "unknown_field", "A new resource is live."));
  }
  const parent = members["parent_identifier"] ?? null;
  const level = members["access_level"] ?? null;
  return {
    kind: "create",
    identifier: parseIdentifier(errors, element, "identifier", identifier),
    payloadType: parseType(errors, element, members["payload_type"]),
    parentIdentifier:
      parent === null ? null : parseIdentifier(errors, element, "parent_identifier", parent),
    derivedFrom: parseSources(errors, element, members["derived_from"] ?? []),
    license: parseLicense(errors, element, members["license"] ?? null),
    accessLevel: level === null ? null : parseAccessLevel(errors, element, level),
    payload: payloadOf(errors, element),
  };
};

const parseDeleted = (errors: Collected, element: Element, value: Json): boolean =>
  typeof value === "boolean"
    ? value
    : fail(
        errors,
        errorOf(element, "is_deleted", "invalid_value", "Expected true or false."),
        false,
      );

const parseUpdate = (errors: Collected, identifier: string, members: JsonObject): UpdateChange => {
  const element: Element = { members, position: { identifier } };
  if (!isIdentifier(identifier)) {
    errors.push({ identifier, path: "", code: "invalid_value", detail: IDENTIFIER_RULE });
  }
  if ("identifier" in members) {
    errors.push(errorOf(element, "identifier", "unknown_field", "The identifier is the key."));
  }
  const given = <T>(name: string, parse: (value: Json) => T, key: string): Record<string, T> => {
    const value = members[name];
    return value === undefined ? {} : { [key]: parse(value) };
  };
  const parent = (value: Json): string | null =>
    value === null ? null : parseIdentifier(errors, element, "parent_identifier", value);
  return {
    kind: "update",
    identifier,
    ...given("payload_type", (value) => parseType(errors, element, value), "payloadType"),
    ...given("parent_identifier", parent, "parentIdentifier"),
    ...given("derived_from", (value) => parseSources(errors, element, value ?? []), "derivedFrom"),
    ...given("license", (value) => parseLicense(errors, element, value), "license"),
    ...given("access_level", (value) => parseAccessLevel(errors, element, value), "accessLevel"),
    ...given("is_deleted", (value) => parseDeleted(errors, element, value), "isDeleted"),
    payload: payloadOf(errors, element),
  };
};

const refuse = (errors: Collected): void => {
  if (errors.length === 0) return;
  const code = errors.every((each) => each.code === "unknown_field")
    ? "unknown_field"
    : "invalid_value";
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  throw new AppError(code, `${errors[0]?.path}: ${errors[0]?.detail}${more}`, { details: errors });
};

/** Refuses a collection of more elements than one call takes. @throws AppError `too_large`. */
export function refuseLarge(size: number, place: string): void {
  if (size <= LIMITS.batchItemsMax) return;
  const detail = `Expected at most ${LIMITS.batchItemsMax} elements.`;
  throw new AppError("too_large", `${place}: ${detail}`, {
    details: [{ path: place, code: "too_large", detail }],
  });
}

/** Each source is looked up and becomes an edge, so their number is bounded. */
const refuseSources = (changes: readonly Pick<UpdateChange, "derivedFrom">[]): void => {
  const most = LIMITS.sourcesTouchedMax;
  const count = changes.reduce((sum, { derivedFrom = [] }) => sum + derivedFrom.length, 0);
  if (count <= most) return;
  const detail = `Expected at most ${most} sources in one call: write fewer resources at once.`;
  throw new AppError("too_large", `derived_from: ${detail}`, {
    details: [{ path: "derived_from", code: "too_large", detail }],
  });
};

/** The changes of a body, and the errors of their form; paths start at the element. */
export interface Parsed<Change> {
  readonly changes: readonly Change[];
  readonly errors: readonly ErrorDetail[];
}

/** The creates of a `/resources/create` body. */
export function parseCreates(resources: readonly Json[]): Parsed<CreateChange> {
  refuseLarge(resources.length, "resources");
  const errors: Collected = [];
  const changes = resources.map((each, index) => {
    if (isJsonObject(each)) return parseCreate(errors, each, index);
    errors.push({ index, path: "", code: "invalid_value", detail: "Expected an object." });
    return parseCreate([], {}, index);
  });
  refuseSources(changes);
  return { changes, errors };
}

/** The updates of a `/resources/update` body. */
export function parseUpdates(updates: JsonObject): Parsed<UpdateChange> {
  const entries = Object.entries(updates);
  refuseLarge(entries.length, "updates");
  const errors: Collected = [];
  const changes = entries.map(([identifier, each]) => {
    if (isJsonObject(each)) return parseUpdate(errors, identifier, each);
    errors.push({ identifier, path: "", code: "invalid_value", detail: "Expected an object." });
    return parseUpdate([], identifier, {});
  });
  refuseSources(changes);
  // A string that cannot be an identifier is not looked up.
  return { changes: changes.filter((change) => isIdentifier(change.identifier)), errors };
}

/** A list of identifiers of a request. */
export function parseIdentifiers(
  identifiers: readonly string[],
  place = "identifiers",
): readonly string[] {
  refuseLarge(identifiers.length, place);
  const errors: Collected = identifiers.flatMap((identifier, index) =>
    isIdentifier(identifier)
      ? []
      : [{ index, path: `${place}.${index}`, code: "invalid_value", detail: IDENTIFIER_RULE }],
  );
  refuse(errors);
  return identifiers;
}

/** The state that an `as_of` value requests. @throws AppError `invalid_as_of`. */
export function parseAsOf(text: string | null | undefined): AsOf {
  const asOf = asOfFrom(text);
  if (asOf !== undefined) return asOf;
  const expected = "Expected an RFC 3339 instant with an offset, at most microseconds.";
  // In a query string a plus sign means a space.
  const detail = / \d\d:\d\d$/.test(text ?? "")
    ? `${expected} In a URL, + is written %2B.`
    : expected;
  throw new AppError("invalid_as_of", "as_of is malformed.", {
    details: [{ path: "as_of", code: "invalid_as_of", detail }],
  });
}
