/** Opaque positions in the result of a query. */
import { AppError } from "../model/error.ts";
import { canonicalJson, type Json } from "../model/json.ts";
import { encodeBase64url, seal, unseal } from "./opaque.ts";
import type { Position } from "./query.ts";

/** Where a page continues, in which state, and of which query. */
export interface Cursor {
  /** The transaction whose state the first page read. */
  readonly transaction: number;
  readonly position: Position;
  readonly queryHash: string;
}

const PURPOSE = "cursor";

/**
 * Numbers are padded to the length of the longest: some count hidden rows, and the length of a
 * cursor must not reveal them.
 */
const NUMBER_CHARACTERS = 24;

type Value = Position["values"][number];

/** A number, encoded as a list of one, which no other value is. */
type Written = Exclude<Value, number> | readonly [string];

const written = (value: Value): Written =>
  typeof value === "number" ? [String(value).padStart(NUMBER_CHARACTERS)] : value;

const read = (value: Written): Value =>
  typeof value === "object" && value !== null ? Number(value[0]) : value;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** SHA-256 of a JSON value, base64url: the same for values that are equal. */
export async function hashQuery(value: Json): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(canonicalJson(value)));
  return encodeBase64url(new Uint8Array(digest));
}

/** Writes a cursor as an opaque string. */
export function sealCursor(key: CryptoKey, cursor: Cursor): Promise<string> {
  const { transaction, position, queryHash } = cursor;
  const values = position.values.map(written);
  const body = [written(transaction), queryHash, position.identifier, values];
  return seal(key, PURPOSE, encoder.encode(JSON.stringify(body)));
}

const invalidCursor = (detail: string): AppError =>
  new AppError("invalid_cursor", "The cursor is not valid for this query.", {
    details: [{ path: "cursor", code: "invalid_cursor", detail }],
  });

type Body = readonly [Written, string, string, readonly Written[]];

/**
 * Reads a cursor that `sealCursor` wrote with the same key for the same query.
 *
 * @throws AppError `invalid_cursor` for every other string.
 */
export const readCursor = async (
  key: CryptoKey,
  text: string,
  queryHash: string,
): Promise<Cursor> => {
  const body = await unseal(key, PURPOSE, text);
  if (body === undefined) throw invalidCursor("Expected a cursor as this service gave it.");
  const [transaction, hash, identifier, values] = JSON.parse(decoder.decode(body)) as Body;
  if (hash !== queryHash) throw invalidCursor("Expected a cursor of this very query.");
  const position = { values: values.map(read), identifier };
  return { transaction: Number(read(transaction)), position, queryHash };
};
