/** The reason of a write: what its caller says about why it was made. */
import { LIMITS } from "./limits.ts";

/** The request header that bears a reason. */
export const REASON_HEADER = "x-reason";

/** The format of a reason, for error messages. */
export const REASON_RULE = `Expected 1 to ${LIMITS.reasonLengthMax} characters on one line, without control characters.`;

/** Control characters, and the separators of lines and paragraphs. */
const REFUSED = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/** True for a text that can be a reason. Its length counts characters (code points), not bytes. */
export function isReason(text: string): boolean {
  if (text.trim() === "" || !text.isWellFormed() || REFUSED.test(text)) return false;
  // A character has one or two units: most texts need no counting.
  return (
    text.length <= LIMITS.reasonLengthMax ||
    (text.length <= 2 * LIMITS.reasonLengthMax && [...text].length <= LIMITS.reasonLengthMax)
  );
}
