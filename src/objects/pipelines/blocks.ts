/**
 * A stored table in blocks of whole records: each begins at a known byte, so that another isolate
 * can continue there. A record ends at a line break outside of quotes.
 */
import { LIMITS } from "../../model/limits.ts";
import type { Bucket } from "../bucket.ts";
import { reach } from "../reach.ts";
import { WorkError } from "./error.ts";

/** Characters that delimit cells, each one byte. */
export interface Delimiters {
  readonly delimiter: string;
  readonly quote: string;
  /** What ends a line; before `\n` there may be `\r`. */
  readonly newline: "\n" | "\r";
}

/** Some whole records. */
export interface Block {
  /** Where it begins in the file. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

type State = "start" | "plain" | "quoted" | "closing";

/** Scans the bytes of a table for the ends of records. */
const recordScanner = ({ delimiter, quote, newline }: Delimiters, most: number) => {
  const [cellEnd, mark, lineEnd] = [delimiter, quote, newline].map((each) => each.charCodeAt(0));
  let state: State = "start";
  let records = 0;
  /**
   * The position after the first record that ends at or after `least`, or is the last one allowed;
   * -1 for none.
   */
  return (bytes: Uint8Array, from: number, least: number): number => {
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (state === "quoted") {
        if (byte === mark) state = "closing";
        continue;
      }
      if (byte === mark && state !== "plain") {
        // A quote opens a cell at its beginning; doubled it belongs to the cell.
        state = "quoted";
      } else if (byte === lineEnd) {
        state = "start";
        records += 1;
        if (at + 1 < least && records < most) continue;
        records = 0;
        return at + 1;
      } else state = byte === cellEnd ? "start" : "plain";
    }
    return -1;
  };
};

const joined = (parts: readonly Uint8Array[], length: number): Uint8Array => {
  if (parts.length === 1) return parts[0] as Uint8Array;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

const tooLong = (): WorkError =>
  new WorkError(
    `a row is longer than ${LIMITS.sourceRowBytesMax} bytes: is a quoted cell not closed?`,
  );

/**
 * The records of a file from a byte on, in blocks that depend only on where they begin: each has at
 * least so many bytes, up to the end of a record, but no more than so many records.
 */
export async function* blocksOf(
  stream: AsyncIterable<Uint8Array>,
  delimiters: Delimiters,
  start: number,
  size: number,
  records = Number.POSITIVE_INFINITY,
): AsyncGenerator<Block, void, undefined> {
  const scan = recordScanner(delimiters, records);
  let parts: Uint8Array[] = [];
  let length = 0;
  let offset = start;
  for await (const chunk of stream) {
    let from = 0;
    for (;;) {
      const end = scan(chunk, from, from + Math.max(1, size - length));
      if (end === -1) break;
      parts.push(chunk.subarray(from, end));
      length += end - from;
      yield { offset, bytes: joined(parts, length) };
      offset += length;
      parts = [];
      length = 0;
      from = end;
    }
    parts.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > size + LIMITS.sourceRowBytesMax) throw tooLong();
  }
  if (length > 0) yield { offset, bytes: joined(parts, length) };
}

/** The bytes of an object from one on; nothing when there are no more. */
export async function streamFrom(
  bucket: Bucket,
  key: string,
  offset: number,
  sizeBytes: number,
): Promise<AsyncIterable<Uint8Array>> {
  if (offset >= sizeBytes) return new Blob([]).stream();
  const found = await reach(() => bucket.get(key, { range: { offset } }));
  if (found === null) throw new WorkError("the copy of the source is gone");
  return found.body;
}
