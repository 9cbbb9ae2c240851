/** Parses security settings, and refuses values that anybody could guess. */
import { Buffer } from "node:buffer";
import { parseEmail } from "./email.ts";
import { passwordError } from "./password.ts";

/** Minimum bytes of the secret that cursors are encrypted with. */
export const CURSOR_SECRET_BYTES_MIN = 32;

/** Minimum characters of the first admin's password. */
export const ADMIN_PASSWORD_LENGTH_MIN = 12;

const DISTINCT_MIN = 5;

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Placeholders in the examples of documentation. */
export const PLACEHOLDER =
  /change[-_ ]?me|replace[-_ ]?(?:me|this)|placeholder|(?:your|example)[-_ ]?(?:\w+[-_ ]){0,3}(?:password|secret|key)|^<.*>$/i;

/**
 * An e-mail address.
 * @throws {Error} saying what is wrong, without the value; so do the others.
 */
export function parseEmailSetting(text: string): string {
  const address = parseEmail(text);
  if (address === undefined) throw new Error("must be an e-mail address");
  return address.email;
}

const refuseGuessable = (text: string, distinct: number): void => {
  if (PLACEHOLDER.test(text)) throw new Error("is an example; choose a value of your own");
  if (distinct < DISTINCT_MIN) throw new Error("repeats itself; choose a random value");
};

/** A password that is long enough and not an example. */
export function parseAdminPassword(text: string): string {
  if ([...text].length < ADMIN_PASSWORD_LENGTH_MIN) {
    throw new Error(`needs at least ${ADMIN_PASSWORD_LENGTH_MIN} characters`);
  }
  if (passwordError(text) !== undefined) throw new Error("is too long or not well-formed Unicode");
  refuseGuessable(text, new Set(text).size);
  return text;
}

/** Random bytes as base64. */
export function parseSecretBytes(text: string): Uint8Array {
  if (!BASE64.test(text)) throw new Error("must be base64");
  const bytes = new Uint8Array(Buffer.from(text, "base64"));
  if (bytes.length < CURSOR_SECRET_BYTES_MIN) {
    throw new Error(`needs at least ${CURSOR_SECRET_BYTES_MIN} bytes`);
  }
  refuseGuessable(Buffer.from(bytes).toString("latin1"), new Set(bytes).size);
  return bytes;
}
