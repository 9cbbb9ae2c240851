/** Opaque, signed positions in the answer to a query. */
import { AppError } from "../model/error.ts";
import { canonicalJson, type Json } from "../model/json.ts";
import type { Position } from "./query.ts";

/** Where a page goes on, in which state, and of which query. */
export interface Cursor {
  /** The transaction whose state the first page showed. */
  readonly transaction: number;
  readonly position: Position;
  readonly queryHash: string;
}

/** Bytes of an HMAC-SHA-256. */
const SIGNATURE_BYTES = 32;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** RFC 4648 base64url without padding. */
const encode = (bytes: Uint8Array): string => {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
};

/** Only texts that `encode` writes; undefined for all others. */
const decode = (text: string): Uint8Array<ArrayBuffer> | undefined => {
  if (!/^[\w-]*$/.test(text)) return undefined;
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return encode(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
};

/** SHA-256 of a JSON value, base64url: the same for values that are equal. */
export const hashQuery = async (value: Json): Promise<string> => {
  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(canonicalJson(value)));
  return encode(new Uint8Array(digest));
};

/** Writes a cursor as base64url text: an HMAC-SHA-256 by the key, then the cursor as JSON. */
export const signCursor = async (secretKey: CryptoKey, cursor: Cursor): Promise<string> => {
  const { transaction, position, queryHash } = cursor;
  const body = encoder.encode(
    JSON.stringify([transaction, queryHash, position.identifier, position.values]),
  );
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", secretKey, body));
  const bytes = new Uint8Array(signature.length + body.length);
  bytes.set(signature);
  bytes.set(body, signature.length);
  return encode(bytes);
};

const refusal = (detail: string): AppError =>
  new AppError("invalid_cursor", "The cursor is not valid for this query.", {
    details: [{ path: "cursor", code: "invalid_cursor", detail }],
  });

type Body = readonly [number, string, string, Position["values"]];

/**
 * Reads a cursor that `signCursor` wrote with the same key for the same query.
 *
 * @throws AppError `invalid_cursor` for every other text.
 */
export const readCursor = async (
  secretKey: CryptoKey,
  text: string,
  queryHash: string,
): Promise<Cursor> => {
  const bytes = decode(text);
  const body = bytes?.subarray(SIGNATURE_BYTES);
  const signature = bytes?.subarray(0, SIGNATURE_BYTES);
  const genuine =
    body !== undefined &&
    signature !== undefined &&
    (await crypto.subtle.verify("HMAC", secretKey, signature, body));
  if (!genuine) throw refusal("Expected a cursor as this service gave it.");
  const [transaction, hash, identifier, values] = JSON.parse(decoder.decode(body)) as Body;
  if (hash !== queryHash) throw refusal("Expected a cursor of this very query.");
  return { transaction, position: { values, identifier }, queryHash };
};
