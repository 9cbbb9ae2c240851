/** Parses JSON, and refuses what JSON.parse would change silently. */
import { AppError } from "./error.ts";
import type { Json } from "./json.ts";
import { countMembers, repeatedMember, scanJson, type JsonScan } from "./json-scan.ts";
import { LIMITS } from "./limits.ts";

const malformed = (detail: string): AppError =>
  new AppError("invalid_request", detail, {
    details: [{ path: "body", code: "invalid_request", detail }],
  });

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

const decode = (bytes: Uint8Array): string => {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new AppError("invalid_request", "The body is not valid UTF-8.", {
      cause: error,
      details: [{ path: "body", code: "invalid_request", detail: "Expected UTF-8." }],
    });
  }
};

const refuseDeep = ({ depth }: JsonScan): void => {
  if (depth > LIMITS.bodyDepthMax) {
    throw malformed(`The body is nested deeper than ${LIMITS.bodyDepthMax} levels.`);
  }
};

/**
 * JSON does not define which of two members of one name counts (RFC 8259, section 4), so duplicates
 * are refused.
 */
const refuseRepeated = (text: string, value: Json, { members }: JsonScan): void => {
  if (countMembers(value) === members) return;
  const path = repeatedMember(text)?.join(".") ?? "body";
  const detail = "Expected each member of an object once.";
  throw new AppError("invalid_value", `${path}: ${detail}`, {
    details: [{ path, code: "invalid_value", detail }],
  });
};

/**
 * Where a number may be inexact: many digits without a fraction, or a large exponent. Only where a
 * number can be: the digest of a file also has a digit, an `e` and digits.
 */
const SUSPECT = /(?:^|[[:,\s])-?(?:\d{16,}|[\d.]+[eE]\+?\d{3,})(?:[\s,\]}]|$)/;

/** Stands for a number that JavaScript would change silently. */
const LOSSY = Symbol("lossy");

/** Marks an integer that a double cannot represent, and infinity. */
const markLossy = (_key: string, value: unknown, context?: { source?: string }): unknown => {
  if (typeof value !== "number") return value;
  const isInteger = /^-?\d+$/.test(context?.source ?? "");
  return Number.isFinite(value) && (!isInteger || Number.isSafeInteger(value)) ? value : LOSSY;
};

/** The path of the first mark; undefined without one. The text's depth is bounded already. */
const findLossy = (value: unknown): readonly string[] | undefined => {
  if (value === LOSSY) return [];
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const path = findLossy(member);
    if (path !== undefined) return [name, ...path];
  }
  return undefined;
};

const refuseLossy = (value: unknown): void => {
  const path = findLossy(value);
  if (path === undefined) return;
  const place = path.join(".") || "body";
  const detail = "A number cannot be represented exactly; send it as text.";
  throw new AppError("invalid_value", `${place}: ${detail}`, {
    details: [{ path: place, code: "invalid_value", detail }],
  });
};

const parse = (text: string): Json => {
  if (!SUSPECT.test(text)) return JSON.parse(text) as Json;
  const value: unknown = JSON.parse(text, markLossy as Parameters<typeof JSON.parse>[1]);
  refuseLossy(value);
  return value as Json;
};

/**
 * Parses a JSON body.
 *
 * @throws AppError `invalid_request` when it is not UTF-8, not JSON, nested too deeply,
 * `invalid_value` when it has a number that would lose digits, or an object with a duplicate
 * member.
 */
export function parseJson(bytes: Uint8Array): Json {
  const text = decode(bytes);
  const scan = scanJson(text);
  refuseDeep(scan);
  try {
    const value = parse(text);
    refuseRepeated(text, value, scan);
    return value;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError("invalid_request", "The body is not valid JSON.", {
      cause: error,
      details: [{ path: "body", code: "invalid_request", detail: "Expected a JSON document." }],
    });
  }
}
