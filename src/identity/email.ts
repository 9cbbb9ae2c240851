/** An e-mail address as it is displayed, and its unique form. */
export interface EmailAddress {
  readonly email: string;
  /** Lower case, Unicode form C: addresses that differ only in case are one account. */
  readonly folded: string;
}

/** Characters of an address (RFC 5321, section 4.5.3.1.3, without the angle brackets). */
const EMAIL_LENGTH_MAX = 254;
const LOCAL_LENGTH_MAX = 64;

const LOCAL = /^[^\p{C}\p{Z}@."(),:;<>[\\\]]+(?:\.[^\p{C}\p{Z}@."(),:;<>[\\\]]+)*$/u;
const DOMAIN = /^(?:localhost|[\p{L}\p{M}\p{N}-]+(?:\.[\p{L}\p{M}\p{N}-]+)+)$/u;

/** The form by which an address is looked up; takes any string. */
export function foldEmail(text: string): string {
  return text.normalize("NFC").toLowerCase();
}

/**
 * Parses an address: dot-atom, `@`, a domain with a dot or `localhost`. Quoted local parts and
 * address literals are refused. Returns undefined for an invalid address.
 */
export function parseEmail(text: string): EmailAddress | undefined {
  if (text.length > EMAIL_LENGTH_MAX) return undefined;
  const normal = text.normalize("NFC");
  const split = normal.lastIndexOf("@");
  const local = normal.slice(0, Math.max(split, 0));
  const domain = normal.slice(split + 1).toLowerCase();
  if (local.length > LOCAL_LENGTH_MAX || !LOCAL.test(local) || !DOMAIN.test(domain)) {
    return undefined;
  }
  return { email: `${local}@${domain}`, folded: foldEmail(`${local}@${domain}`) };
}
