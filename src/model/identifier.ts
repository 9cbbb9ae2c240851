import { LIMITS } from "./limits.ts";

// Control characters (C0, DEL, C1), line and paragraph separators.
const FORBIDDEN = /[\p{Cc}\p{Zl}\p{Zp}]/u;

// Clients remove the segments `.` and `..` from a URL's path, and would request another resource.
const STEP = /(?:^|\/)\.{1,2}(?:\/|$)/;

/**
 * True for an identifier: 1 to 256 characters, well-formed Unicode, no control characters, no
 * white space at either end, and no `.` or `..` between slashes.
 */
export function isIdentifier(text: string): boolean {
  return (
    text.length > 0 &&
    text.length <= LIMITS.identifierLengthMax * 2 &&
    Array.from(text).length <= LIMITS.identifierLengthMax &&
    text.trim() === text &&
    text.isWellFormed() &&
    !FORBIDDEN.test(text) &&
    !STEP.test(text)
  );
}
