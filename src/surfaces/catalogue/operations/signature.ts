/**
 * Signed addresses of the files of exports: the holder of one may read that file until it expires.
 */
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

const encoder = new TextEncoder();

/** The content of an address: which file, until when, and for whom it was issued. */
export interface FileAddress {
  readonly id: string;
  /** Seconds since 1970. */
  readonly expires: number;
  /** Id of the principal. */
  readonly holder: string;
}

/** Separates these signatures from others made with the same key. */
const textOf = ({ id, expires, holder }: FileAddress): Uint8Array =>
  encoder.encode(`export-file\n${id}\n${expires}\n${holder}`);

/** The signature of an address, in hexadecimal. */
export async function signFile(key: CryptoKey, address: FileAddress): Promise<string> {
  return bytesToHex(new Uint8Array(await crypto.subtle.sign("HMAC", key, textOf(address))));
}

/** True when the server issued this address. Takes the same time for every wrong signature. */
export function isSigned(
  key: CryptoKey,
  address: FileAddress,
  signature: string,
): Promise<boolean> {
  const bytes = hexToBytes(signature) as Uint8Array<ArrayBuffer>;
  return crypto.subtle.verify("HMAC", key, bytes, textOf(address));
}
