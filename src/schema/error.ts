import { SCHEMA_BOUNDS } from "./bounds.ts";
import type { ErrorDetail } from "./type.ts";

const shorten = (name: string): string =>
  (name.length > SCHEMA_BOUNDS.pathNameLengthMax
    ? `${name.slice(0, SCHEMA_BOUNDS.pathNameLengthMax)}…`
    : name
  )
    .toWellFormed()
    .replaceAll("\0", "\uFFFD");

/** An error at a path of member names; long or malformed names are shortened or repaired. */
export function errorAt(path: readonly string[], code: string, detail: string): ErrorDetail {
  return {
    path: path.map(shorten).join("."),
    code,
    detail,
  };
}

/** Adds an error unless it repeats the last one or the list is full. */
export function addError(errors: ErrorDetail[], error: ErrorDetail): void {
  const last = errors.at(-1);
  if (last?.path === error.path && last.code === error.code) return;
  if (errors.length < SCHEMA_BOUNDS.errorsMax) errors.push(error);
}
