import { SCHEMA_BOUNDS } from "./bounds.ts";
import type { ErrorDetail } from "./type.ts";

const shorten = (name: string): string =>
  (name.length > SCHEMA_BOUNDS.pathNameLengthMax
    ? `${name.slice(0, SCHEMA_BOUNDS.pathNameLengthMax)}…`
    : name
  )
    .toWellFormed()
    .replaceAll("\0", "\uFFFD");

/** A fault at a path of member names; long or malformed names are shortened or mended. */
export function errorAt(path: readonly string[], code: string, detail: string): ErrorDetail {
  return {
    path: path.map(shorten).join("."),
    code,
    detail,
  };
}

/** Adds a fault unless it repeats the last one or the list is full. */
export function addError(faults: ErrorDetail[], fault: ErrorDetail): void {
  const last = faults.at(-1);
  if (last?.path === fault.path && last.code === fault.code) return;
  if (faults.length < SCHEMA_BOUNDS.errorsMax) faults.push(fault);
}
