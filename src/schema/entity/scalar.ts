/** Values of scalar fields: as they are sent, stored and returned. */
import { isJsonObject, type Json } from "../../model/json.ts";
import { textError } from "../inspect.ts";
import { canonicalInstant } from "../instant.ts";
import type { ScalarType } from "./metadata.ts";

const WHOLE = /^[+-]?\d{1,400}$/;
const REAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?$/;
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;
const DATE = /^(\d{4})(\d{2})(\d{2})T(\d{2}:\d{2}:\d{2}\.\d{3})([+-]\d{2})(\d{2})$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const EXPONENT_FROM = 1e21;

/** Integers that are sent as digits have to be exact. */
const isExact = (value: number): boolean =>
  Number.isFinite(value) &&
  (!Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value) >= EXPONENT_FROM);

const toWhole = (value: Json): number | undefined => {
  if (typeof value === "boolean") return Number(value);
  const number =
    typeof value === "string" && WHOLE.test(value.trim()) ? Number(value.trim()) : value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number + 0 : undefined;
};

const toReal = (value: Json): number | undefined => {
  if (typeof value === "boolean") return Number(value);
  const number = typeof value === "string" && REAL.test(value.trim()) ? Number(value) : value;
  return typeof number === "number" && isExact(number) ? number + 0 : undefined;
};

const toBigWhole = (value: Json): string | undefined => {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || !WHOLE.test(text.trim())) return undefined;
  return BigInt(text.trim().replace(/^\+/, "")).toString();
};

/** One spelling for each decimal number: no exponent, no redundant zeros. */
const toBigDecimal = (value: Json): string | undefined => {
  const text = typeof value === "number" ? String(value) : value;
  const match = typeof text === "string" ? DECIMAL.exec(text.trim()) : null;
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  if (whole + fraction === "" || whole.length + fraction.length > 400) return undefined;
  const shift = Number(exponent);
  const digits = `${whole}${fraction}`;
  const point = whole.length + shift;
  const padded = point < 0 ? "0".repeat(-point) + digits : digits.padEnd(point, "0");
  const at = Math.max(point, 0);
  const before = padded.slice(0, at).replace(/^0+/, "") || "0";
  const after = padded.slice(at).replace(/0+$/, "");
  const number = after === "" ? before : `${before}.${after}`;
  return sign === "-" && number !== "0" ? `-${number}` : number;
};

const toFlag = (value: Json): boolean | undefined => {
  if (typeof value === "boolean") return value;
  if (typeof value === "string") return value.toLowerCase() === "true";
  return typeof value === "number" ? value !== 0 : undefined;
};

const toText = (value: Json): string | undefined => {
  if (typeof value === "string") return textError(value) === undefined ? value : undefined;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
};

const toInstant = (value: Json): string | undefined => {
  const match = typeof value === "string" ? DATE.exec(value) : null;
  if (match === null) return undefined;
  const [, year, month, day, time, hours, minutes] = match;
  return canonicalInstant(`${year}-${month}-${day}T${time}${hours}:${minutes}`);
};

const storable = (value: Json): boolean => {
  if (typeof value === "string") return textError(value) === undefined;
  if (typeof value === "number") return isExact(value);
  if (Array.isArray(value)) return (value as readonly Json[]).every(storable);
  if (!isJsonObject(value)) return true;
  return Object.entries(value).every(
    ([name, each]) => name !== "__proto__" && textError(name) === undefined && storable(each),
  );
};

/** The value without members that are null. */
export function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(withoutNulls);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== null)
      .map(([name, each]) => [name, withoutNulls(each)]),
  );
}

const READERS: Readonly<Record<ScalarType, (value: Json) => Json | undefined>> = {
  string: toText,
  uid: toText,
  integer: toWhole,
  double: toReal,
  biginteger: toBigWhole,
  bigdecimal: toBigDecimal,
  boolean: toFlag,
  date: toInstant,
  binary: (value) => (typeof value === "string" && BASE64.test(value) ? value : undefined),
  any: (value) => (storable(value) ? withoutNulls(value) : undefined),
};

/** A value other than null in stored form; undefined when it is not of the type. */
export function readScalar(type: ScalarType, value: Json): Json | undefined {
  return READERS[type](value);
}

const INSTANT = /^(\d{4})-(\d{2})-(\d{2})(T\d{2}:\d{2}:\d{2}\.\d{3})\d*Z$/;

/** No stored string contains this character. */
const SEAL = "\0";

/** A stored scalar as one value, whatever is in it: a projection must not look inside. */
export function sealScalar(type: ScalarType, value: Json): Json {
  return type === "any" && typeof value === "object" && value !== null
    ? SEAL + JSON.stringify(value)
    : value;
}

/** A stored value as it is returned: instants as `20240310T08:30:00.000+0000`. */
export function showScalar(type: ScalarType, value: Json): Json {
  if (type === "any" && typeof value === "string" && value.startsWith(SEAL)) {
    return JSON.parse(value.slice(SEAL.length)) as Json;
  }
  if (type !== "date" || typeof value !== "string") return value;
  return value.replace(INSTANT, "$1$2$3$4+0000");
}
