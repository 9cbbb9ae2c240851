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

/** Adds a fault; answers the fallback so that parsing can go on to the next member. */
const fail = <T>(faults: Collected, base: ErrorDetail, fallback: T): T => {
  faults.push(base);
  return fallback;
};

interface Element {
  readonly members: JsonObject;
  readonly position: { readonly index?: number; readonly identifier?: string };
}

const faultOf = (element: Element, member: string, code: string, detail: string): ErrorDetail => ({
  ...element.position,
  path: member,
  code,
  detail,
});

const IDENTIFIER_RULE = `Expected 1 to ${LIMITS.identifierLengthMax} characters without control characters, outer white space, or a step . or .. between slashes.`;

const parseIdentifier = (
  faults: Collected,
  element: Element,
  member: string,
  value: Json | undefined,
): string =>
  typeof value === "string" && isIdentifier(value)
    ? value
    : fail(faults, faultOf(element, member, "invalid_value", IDENTIFIER_RULE), "");

const encoder = new TextEncoder();

/** Exact only where it could matter: a UTF-16 unit is at most three bytes. */
const bytesOf = (text: string): number =>
  text.length * 3 <= LIMITS.payloadBytesMax ? text.length : encoder.encode(text).length;

const parseSources = (faults: Collected, element: Element, value: Json): readonly string[] => {
  const list = Array.isArray(value) ? (value as readonly Json[]) : null;
  if (list === null || list.length > LIMITS.batchItemsMax) {
    const detail = "Expected an array of identifiers.";
    return fail(faults, faultOf(element, "derived_from", "invalid_value", detail), []);
  }
  if (new Set(list).size < list.length) {
    const detail = "Expected each identifier once.";
    return fail(faults, faultOf(element, "derived_from", "invalid_value", detail), []);
  }
  const sources = list.map((item, position) =>
    parseIdentifier(faults, element, `derived_from.${position}`, item),
  );
  if (bytesOf(JSON.stringify(sources)) <= LIMITS.payloadBytesMax) return sources;
  const detail = `Expected sources of at most ${LIMITS.payloadBytesMax} bytes as JSON.`;
  return fail(faults, faultOf(element, "derived_from", "invalid_value", detail), []);
};

const parseLicense = (faults: Collected, element: Element, value: Json): string | null => {
  const fits = value === null || (typeof value === "string" && isLicense(value));
  return fits
    ? value
    : fail(faults, faultOf(element, "license", "invalid_value", "Expected text or null."), null);
};

const LICENSE_LENGTH_MAX = 4_096;

const isLicense = (value: string): boolean =>
  value.length <= LICENSE_LENGTH_MAX && value.isWellFormed() && !value.includes("\u0000");

const parseAccessLevel = (faults: Collected, element: Element, value: Json): AccessLevel => {
  const found = ACCESS_LEVELS.find((level) => level === value);
  const detail = `Expected one of ${ACCESS_LEVELS.join(", ")}.`;
  return (
    found ?? fail(faults, faultOf(element, "access_level", "invalid_value", detail), "internal")
  );
};

const payloadOf = (faults: Collected, element: Element): JsonObject => {
  const payload: Record<string, Json> = {};
  for (const name in element.members) {
    const value = element.members[name] as Json;
    if (SET_BY_STORE.has(name)) {
      faults.push(faultOf(element, name, "unknown_field", "The store sets this member."));
      continue;
    }
    if (METADATA_NAMES.has(name)) continue;
    if (name === "__proto__") {
      // A plain assignment would set the prototype instead of a member of this name.
      Object.defineProperty(payload, name, { value, enumerable: true });
    } else payload[name] = value;
  }
  return payload;
};

const parseType = (faults: Collected, element: Element, value: Json | undefined): string =>
  typeof value === "string" && /^[a-z][a-z0-9_]{0,63}$/.test(value)
    ? value
    : fail(
        faults,
        faultOf(element, "payload_type", "invalid_value", "Expected a payload type."),
        "",
      );

const parseCreate = (faults: Collected, members: JsonObject, index: number): CreateChange => {
  const identifier = members["identifier"];
  const position = typeof identifier === "string" ? { index, identifier } : { index };
  const element: Element = { members, position };
  if ("is_deleted" in members) {
    faults.push(faultOf(element, "is_deleted", "unknown_field", "A new resource is live."));
  }
  const parent = members["parent_identifier"] ?? null;
  const level = members["access_level"] ?? null;
  return {
    kind: "create",
    identifier: parseIdentifier(faults, element, "identifier", identifier),
    payloadType: parseType(faults, element, members["payload_type"]),
    parentIdentifier:
      parent === null ? null : parseIdentifier(faults, element, "parent_identifier", parent),
    derivedFrom: parseSources(faults, element, members["derived_from"] ?? []),
    license: parseLicense(faults, element, members["license"] ?? null),
    accessLevel: level === null ? null : parseAccessLevel(faults, element, level),
    payload: payloadOf(faults, element),
  };
};

const parseDeleted = (faults: Collected, element: Element, value: Json): boolean =>
  typeof value === "boolean"
    ? value
    : fail(
        faults,
        faultOf(element, "is_deleted", "invalid_value", "Expected true or false."),
        false,
      );

const parseUpdate = (faults: Collected, identifier: string, members: JsonObject): UpdateChange => {
  const element: Element = { members, position: { identifier } };
  if (!isIdentifier(identifier)) {
    faults.push({ identifier, path: "", code: "invalid_value", detail: IDENTIFIER_RULE });
  }
  if ("identifier" in members) {
    faults.push(faultOf(element, "identifier", "unknown_field", "The identifier is the key."));
  }
  const given = <T>(name: string, parse: (value: Json) => T, key: string): Record<string, T> => {
    const value = members[name];
    return value === undefined ? {} : { [key]: parse(value) };
  };
  const parent = (value: Json): string | null =>
    value === null ? null : parseIdentifier(faults, element, "parent_identifier", value);
  return {
    kind: "update",
    identifier,
    ...given("payload_type", (value) => parseType(faults, element, value), "payloadType"),
    ...given("parent_identifier", parent, "parentIdentifier"),
    ...given("derived_from", (value) => parseSources(faults, element, value ?? []), "derivedFrom"),
    ...given("license", (value) => parseLicense(faults, element, value), "license"),
    ...given("access_level", (value) => parseAccessLevel(faults, element, value), "accessLevel"),
    ...given("is_deleted", (value) => parseDeleted(faults, element, value), "isDeleted"),
    payload: payloadOf(faults, element),
  };
};

const refuse = (faults: Collected): void => {
  if (faults.length === 0) return;
  const code = faults.every((each) => each.code === "unknown_field")
    ? "unknown_field"
    : "invalid_value";
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : "";
  throw new AppError(code, `${faults[0]?.path}: ${faults[0]?.detail}${more}`, { details: faults });
};

/** Refuses a collection of more elements than one call takes. @throws AppError `too_large`. */
export function refuseLarge(size: number, place: string): void {
  if (size <= LIMITS.batchItemsMax) return;
  const detail = `Expected at most ${LIMITS.batchItemsMax} elements.`;
  throw new AppError("too_large", `${place}: ${detail}`, {
    details: [{ path: place, code: "too_large", detail }],
  });
}

/** Sources are looked up, and become edges, one by one. */
const refuseSources = (changes: readonly Pick<UpdateChange, "derivedFrom">[]): void => {
  const most = LIMITS.sourcesTouchedMax;
  const count = changes.reduce((sum, { derivedFrom = [] }) => sum + derivedFrom.length, 0);
  if (count <= most) return;
  const detail = `Expected at most ${most} sources in one call: write fewer resources at once.`;
  throw new AppError("too_large", `derived_from: ${detail}`, {
    details: [{ path: "derived_from", code: "too_large", detail }],
  });
};

/** The changes of a body and what is wrong with their form; paths start at the element. */
export interface Parsed<Change> {
  readonly changes: readonly Change[];
  readonly faults: readonly ErrorDetail[];
}

/** The creates of a `/resources/create` body. */
export function parseCreates(resources: readonly Json[]): Parsed<CreateChange> {
  refuseLarge(resources.length, "resources");
  const faults: Collected = [];
  const changes = resources.map((each, index) => {
    if (isJsonObject(each)) return parseCreate(faults, each, index);
    faults.push({ index, path: "", code: "invalid_value", detail: "Expected an object." });
    return parseCreate([], {}, index);
  });
  refuseSources(changes);
  return { changes, faults };
}

/** The updates of a `/resources/update` body. */
export function parseUpdates(updates: JsonObject): Parsed<UpdateChange> {
  const entries = Object.entries(updates);
  refuseLarge(entries.length, "updates");
  const faults: Collected = [];
  const changes = entries.map(([identifier, each]) => {
    if (isJsonObject(each)) return parseUpdate(faults, identifier, each);
    faults.push({ identifier, path: "", code: "invalid_value", detail: "Expected an object." });
    return parseUpdate([], identifier, {});
  });
  refuseSources(changes);
  // What cannot be an identifier is not looked up.
  return { changes: changes.filter((change) => isIdentifier(change.identifier)), faults };
}

/** A list of identifiers of a request. */
export function parseIdentifiers(
  identifiers: readonly string[],
  place = "identifiers",
): readonly string[] {
  refuseLarge(identifiers.length, place);
  const faults: Collected = identifiers.flatMap((identifier, index) =>
    isIdentifier(identifier)
      ? []
      : [{ index, path: `${place}.${index}`, code: "invalid_value", detail: IDENTIFIER_RULE }],
  );
  refuse(faults);
  return identifiers;
}

/** The state that an `as_of` text asks for. @throws AppError `invalid_as_of`. */
export function parseAsOf(text: string | null | undefined): AsOf {
  const asOf = asOfFrom(text);
  if (asOf !== undefined) return asOf;
  const expected = "Expected an RFC 3339 instant with an offset, at most microseconds.";
  // In a query a plus is a space.
  const detail = / \d\d:\d\d$/.test(text ?? "")
    ? `${expected} In a URL, + is written %2B.`
    : expected;
  throw new AppError("invalid_as_of", "as_of is malformed.", {
    details: [{ path: "as_of", code: "invalid_as_of", detail }],
  });
}
