/** Positions in the change feed, as opaque strings. */
import { AppError } from "../../../model/error.ts";
import { seal, unseal } from "../../../query/opaque.ts";
import type { FeedPosition } from "../../../store/index.ts";

const PURPOSE = "changes";

/** Two 64-bit numbers: the transaction, and the row inside it (0 for none). */
const BYTES = 16;
const ROW_AT = 8;

/** A transaction number in the parameter `after`. */
const TRANSACTION = /^\d{1,15}$/;

/** Writes a position as an opaque string, always of the same length. */
export function sealPosition(key: CryptoKey, { transaction, rid }: FeedPosition): Promise<string> {
  const view = new DataView(new ArrayBuffer(BYTES));
  view.setBigUint64(0, BigInt(transaction));
  view.setBigUint64(ROW_AT, BigInt(rid ?? 0));
  return seal(key, PURPOSE, new Uint8Array(view.buffer));
}

/**
 * Reads a position: the `next` of a page, or the number of the transaction after which the feed
 * continues.
 *
 * @throws AppError `invalid_cursor` for every other string.
 */
export async function readPosition(key: CryptoKey, text: string): Promise<FeedPosition> {
  if (TRANSACTION.test(text)) return { transaction: Number(text), rid: null };
  const body = await unseal(key, PURPOSE, text);
  if (body === undefined) {
    const detail = "Expected the number of a transaction, or `next` of a page as it was given.";
    throw new AppError("invalid_cursor", `after: ${detail}`, {
      details: [{ path: "after", code: "invalid_cursor", detail }],
    });
  }
  const view = new DataView(body.buffer);
  const rid = Number(view.getBigUint64(ROW_AT));
  return { transaction: Number(view.getBigUint64(0)), rid: rid === 0 ? null : rid };
}
