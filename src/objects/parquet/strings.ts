/** Strings in Parquet's encoding: each in UTF-8, preceded by its length. */

const encoder = new TextEncoder();
const LENGTH_BYTES = 4;

/** A buffer that grows. */
const grown = (buffer: Uint8Array, needed: number): Uint8Array => {
  if (needed <= buffer.length) return buffer;
  const larger = new Uint8Array(Math.max(buffer.length * 2, needed));
  larger.set(buffer);
  return larger;
};

/** Reused: results are copies. */
let scratch = new Uint8Array(1 << 16) as Uint8Array;

/** Writes an ASCII string; returns its end, or -1 at the first other character. */
const writeAscii = (text: string, at: number): number => {
  const buffer = scratch;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return -1;
    buffer[at + index] = code;
  }
  return at + text.length;
};

/** Strings one after another, and whether all of them are ASCII. */
export function packStrings(texts: readonly string[]): {
  readonly bytes: Uint8Array;
  readonly isAscii: boolean;
} {
  let at = 0;
  let isAscii = true;
  for (const text of texts) {
    // One UTF-16 unit takes at most three bytes.
    scratch = grown(scratch, at + LENGTH_BYTES + text.length * 3);
    const start = at + LENGTH_BYTES;
    let end = writeAscii(text, start);
    if (end < 0) {
      isAscii = false;
      end = start + encoder.encodeInto(text, scratch.subarray(start)).written;
    }
    const length = end - start;
    scratch[at] = length & 0xff;
    scratch[at + 1] = (length >>> 8) & 0xff;
    scratch[at + 2] = (length >>> 16) & 0xff;
    scratch[at + 3] = length >>> 24;
    at = end;
  }
  return { bytes: scratch.slice(0, at), isAscii };
}
