/** Parts of files by byte range (RFC 9110, section 14). Pure. */
import { AppError } from "../model/error.ts";

/** The first and last byte of a part. */
export interface Part {
  readonly first: number;
  readonly last: number;
}

const SINGLE = /^bytes=(?:(\d{1,15})-(\d{1,15})?|-(\d{1,15}))$/;

/**
 * The part that a Range header requests; null for the whole file: without the header, and for forms
 * that a server may ignore, such as several ranges.
 *
 * @throws AppError `range_not_satisfiable` when no byte of the file lies in it.
 */
export function parseRange(header: string | undefined, size: number): Part | null {
  const [match, from, to, suffix] = SINGLE.exec((header ?? "").replaceAll(" ", "")) ?? [];
  if (match === undefined) return null;
  const first = from === undefined ? Math.max(0, size - Number(suffix)) : Number(from);
  const last = Math.min(to === undefined ? size - 1 : Number(to), size - 1);
  if (to !== undefined && Number(to) < first) return null;
  if (first >= size || (from === undefined && Number(suffix) === 0)) {
    throw new AppError("range_not_satisfiable", `The file has ${size} bytes.`);
  }
  return { first, last };
}
