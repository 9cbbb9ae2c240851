/** Renders values of a Parquet file as JSON without changing any of them silently. */
import { Buffer } from "node:buffer";
import type { SchemaElement, SchemaTree } from "hyparquet";
import type { Json, JsonObject } from "../../model/json.ts";
import { formatInstant } from "../../model/time.ts";
import {
  isRepeated,
  listNodes,
  mapNodes,
  type ListNodes,
  type MapNodes,
  type ValueNode,
} from "./nesting.ts";

const INSTANT_MIN = Date.parse("0001-01-01T00:00:00Z");
const INSTANT_MAX = Date.parse("9999-12-31T23:59:59.999Z");

/** An instant as RFC 3339; as the stored number when it has no such form. */
const instant = (stored: bigint, perMilli: bigint, digits: number): string => {
  let millis = stored / perMilli;
  if (stored % perMilli < 0n) millis -= 1n;
  const rest = String(stored - millis * perMilli).padStart(digits, "0");
  if (millis < INSTANT_MIN || millis > INSTANT_MAX) return String(stored);
  return new Date(Number(millis)).toISOString().replace("Z", `${digits === 0 ? "" : rest}Z`);
};

const day = (days: number): string => {
  const millis = days * 86_400_000;
  return millis < INSTANT_MIN || millis > INSTANT_MAX
    ? String(days)
    : formatInstant(millis * 1_000).slice(0, 10);
};

const decoder = new TextDecoder();

const json = (bytes: Uint8Array): unknown => {
  const text = decoder.decode(bytes);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};

const present =
  <From, To>(convert: (value: From) => To) =>
  (value: From): To | undefined =>
    value === undefined || value === null ? undefined : convert(value);

/** Converters of annotated values. Those of pages without a value are undefined. */
export const PARSERS = {
  timestampFromMilliseconds: present((value: bigint) => instant(value, 1n, 0)),
  timestampFromMicroseconds: present((value: bigint) => instant(value, 1_000n, 3)),
  timestampFromNanoseconds: present((value: bigint) => instant(value, 1_000_000n, 6)),
  dateFromDays: present(day),
  jsonFromBytes: present(json),
  geometryFromBytes: (bytes: Uint8Array) => bytes,
  geographyFromBytes: (bytes: Uint8Array) => bytes,
};

const isDecimal = ({ converted_type: converted, logical_type: logical }: SchemaElement): boolean =>
  converted === "DECIMAL" || logical?.type === "DECIMAL";

const DECIMAL_BYTES_MAX = 64;
const EXACT_DIGITS = 15;

const unscaled = (value: unknown): bigint | undefined => {
  if (typeof value === "number" || typeof value === "bigint") return BigInt(value);
  if (!(value instanceof Uint8Array) || value.length > DECIMAL_BYTES_MAX) return undefined;
  if (value.length === 0) return 0n;
  return BigInt.asIntN(value.length * 8, BigInt(`0x${Buffer.from(value).toString("hex")}`));
};

/** A decimal as a number while a double holds all its digits, else as a string. */
const decimal = (value: unknown, scale: number): Json => {
  const whole = unscaled(value);
  if (whole === undefined || scale < 0 || scale > 512) return plain(value);
  const digits = String(whole < 0n ? -whole : whole).padStart(scale + 1, "0");
  const point = digits.length - scale;
  const fraction = scale === 0 ? "" : `.${digits.slice(point)}`;
  const text = `${whole < 0n ? "-" : ""}${digits.slice(0, point)}${fraction}`;
  return digits.length <= EXACT_DIGITS ? Number(text) : text;
};

const plainObject = (value: object): JsonObject =>
  Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));

/** A value without a schema of its own. */
const plain = (value: unknown): Json => {
  if (value === null || value === undefined) return null;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>, plain);
  if (Array.isArray(value)) return value.map(plain);
  return plainObject(value);
};

/** What the parser assembled for a group: its members by their plain names. */
type Members = Readonly<Record<string, unknown>>;

const itemsOf = (members: Members, repeated: ValueNode): readonly unknown[] => {
  const items = members[repeated.plainName];
  return Array.isArray(items) ? (items as readonly unknown[]) : [];
};

const memberOf = (group: unknown, node: ValueNode | undefined): unknown =>
  node === undefined || typeof group !== "object" || group === null
    ? undefined
    : (group as Members)[node.plainName];

const list = (members: Members, { repeated, member }: ListNodes): Json =>
  itemsOf(members, repeated).map((item) =>
    member === undefined ? renderOne(item, repeated) : renderValue(memberOf(item, member), member),
  );

const textOf = (key: Json): string => (typeof key === "string" ? key : JSON.stringify(key));

/**
 * A map is an object whose keys are strings: bytes as base64, numbers and instants as they are
 * rendered elsewhere. A map whose keys are groups is a list of entries, and so is a map with a null
 * key or two keys with the same string: no entry is lost.
 */
const map = (members: Members, { repeated, key, value }: MapNodes): Json => {
  const entries = itemsOf(members, repeated).map((entry) => ({
    key: renderValue(memberOf(entry, key), key),
    value: value === undefined ? null : renderValue(memberOf(entry, value), value),
  }));
  const isNamed = key.children.length === 0 && entries.every((entry) => entry.key !== null);
  const named = isNamed ? new Map(entries.map((each) => [textOf(each.key), each.value])) : null;
  return named?.size === entries.length ? Object.fromEntries(named) : entries;
};

const group = (members: Members, node: ValueNode): Json => {
  const asList = listNodes(node);
  if (asList !== undefined) return list(members, asList);
  const asMap = mapNodes(node);
  if (asMap !== undefined) return map(members, asMap);
  return Object.fromEntries(
    node.children.map((child) => [
      child.element.name,
      renderValue(memberOf(members, child), child),
    ]),
  );
};

/** One occurrence of a node's value. */
const renderOne = (value: unknown, node: ValueNode): Json => {
  if (value === null || value === undefined) return null;
  if (node.children.length === 0) {
    return isDecimal(node.element) ? decimal(value, node.element.scale ?? 0) : plain(value);
  }
  return typeof value === "object" ? group(value as Members, node) : plain(value);
};

/** A value of a column, or of a member of one, as JSON. */
export function renderValue(value: unknown, node: ValueNode): Json {
  if (!isRepeated(node)) return renderOne(value, node);
  return Array.isArray(value) ? value.map((item: unknown) => renderOne(item, node)) : [];
}

const logicalName = ({ logical_type: logical, converted_type: converted }: SchemaElement) =>
  logical?.type ?? converted ?? null;

/** A column in the response. */
export function renderSchema({ element, children }: SchemaTree): JsonObject {
  return {
    name: element.name,
    type: element.type ?? null,
    logical_type: logicalName(element),
    nullable: element.repetition_type === "OPTIONAL",
    repeated: element.repetition_type === "REPEATED",
    ...(children.length === 0 ? {} : { children: children.map(renderSchema) }),
  };
}
