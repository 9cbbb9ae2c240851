/** Signed addresses of the files of exports: whoever holds one may read that file until it expires. */

const encoder = new TextEncoder();

/** What an address says: which file, for how long, and to whom it was given. */
export interface FileAddress {
  readonly id: string;
  /** Seconds since 1970. */
  readonly expires: number;
  /** Id of the principal. */
  readonly holder: string;
}

/** Sets these signatures apart from others by the same key. */
const textOf = ({ id, expires, holder }: FileAddress): Uint8Array =>
  encoder.encode(`export-file\n${id}\n${expires}\n${holder}`);

/** The signature of an address, in hexadecimal. */
export const signFile = async (key: CryptoKey, address: FileAddress): Promise<string> => {
  const bytes = new Uint8Array(await crypto.subtle.sign("HMAC", key, textOf(address)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
};

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** True when the server gave this address out. Takes the same time for every wrong signature. */
export const isSigned = (
  key: CryptoKey,
  address: FileAddress,
  signature: string,
): Promise<boolean> => crypto.subtle.verify("HMAC", key, bytesOf(signature), textOf(address));
