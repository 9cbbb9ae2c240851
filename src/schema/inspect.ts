import { isJsonObject, type Json, type JsonObject } from "../model/json.ts";
import { LIMITS } from "../model/limits.ts";
import { addError, errorAt } from "./error.ts";
import type { ErrorDetail } from "./type.ts";

/** The size of a JSON value. */
export interface Weight {
  /** The number of values in it, including itself. */
  readonly values: number;
  /** Its JSON text is never longer than this, in bytes. */
  readonly bytesMax: number;
}

interface Visit {
  readonly path: string[];
  readonly errors: ErrorDetail[];
  values: number;
  bytes: number;
}

/** Longest JSON escape of one UTF-16 unit, e.g. backslash u001f. */
const ESCAPE_BYTES = 6;
const NUMBER_BYTES = 26;

/** From here on JSON.stringify writes an exponent, which every reader takes for a double. */
const EXPONENT_FROM = 1e21;

const refuse = (visit: Visit, detail: string): void =>
  addError(visit.errors, errorAt(visit.path, "invalid_value", detail));

/** Why a string cannot be stored, or undefined when it can. */
export function textError(text: string): string | undefined {
  if (text.includes("\0")) return "Expected text without the character U+0000.";
  return text.isWellFormed() ? undefined : "Expected well-formed Unicode: no lone surrogates.";
}

const visitText = (text: string, visit: Visit): void => {
  visit.bytes += ESCAPE_BYTES * text.length + 3;
  const detail = textError(text);
  if (detail !== undefined) refuse(visit, detail);
};

const visitNumber = (value: number, visit: Visit): void => {
  visit.bytes += NUMBER_BYTES;
  if (!Number.isFinite(value)) refuse(visit, "Expected a finite number.");
  // Written in digits: a reader with 64-bit integers and one with doubles would disagree about it.
  else if (Math.abs(value) > Number.MAX_SAFE_INTEGER && Math.abs(value) < EXPONENT_FROM) {
    refuse(visit, "Expected whole numbers between -(2^53 - 1) and 2^53 - 1.");
  }
};

const visitObject = (value: JsonObject, depth: number, visit: Visit): void => {
  for (const name of Object.keys(value)) {
    visit.path.push(name);
    visitText(name, visit);
    if (name === "__proto__") refuse(visit, "A member cannot have this name.");
    visitValue(value[name], depth + 1, visit);
    visit.path.pop();
  }
};

const visitList = (value: readonly Json[], depth: number, visit: Visit): void => {
  for (const [index, item] of value.entries()) {
    visit.path.push(String(index));
    visitValue(item, depth + 1, visit);
    visit.path.pop();
  }
};

const visitValue = (value: Json | undefined, depth: number, visit: Visit): void => {
  visit.values += 1;
  visit.bytes += ESCAPE_BYTES;
  if (typeof value === "string") visitText(value, visit);
  else if (typeof value === "number") visitNumber(value, visit);
  else if (value === null || typeof value === "boolean") return;
  else if (depth >= LIMITS.bodyDepthMax) {
    refuse(visit, `Expected at most ${LIMITS.bodyDepthMax} levels of nesting.`);
  } else if (isJsonObject(value)) visitObject(value, depth, visit);
  else if (Array.isArray(value)) visitList(value, depth, visit);
  else refuse(visit, "Expected a JSON value.");
};

/**
 * Finds what no payload may contain, at any depth: U+0000, lone surrogates, numbers that are not
 * finite or unsafe integers, members named `__proto__`, too much nesting. They are added to `errors`.
 */
export function inspect(value: Json, errors: ErrorDetail[]): Weight {
  const visit: Visit = { path: [], errors, values: 0, bytes: 0 };
  visitValue(value, 0, visit);
  return { values: visit.values, bytesMax: visit.bytes };
}
