/** LZ4 blocks (the LZ4 block format), bare and in Hadoop's frames. */

import { copyBack } from "./snappy.ts";

const refuse = (why: string): never => {
  throw new Error(`parquet LZ4 ${why}`);
};

interface Cursor {
  /** Next byte to read. */
  at: number;
}

/** A length: four bits in the token, then bytes of 255 and one below. */
const extended = (input: Uint8Array, cursor: Cursor, nibble: number): number => {
  if (nibble < 15) return nibble;
  let length = nibble;
  for (;;) {
    const byte = input[cursor.at] ?? refuse("data end within a length");
    cursor.at += 1;
    length += byte;
    if (byte < 255) return length;
  }
};

/** Decompresses one block into `output` from `start` on; returns the end position. */
const decompressBlock = (input: Uint8Array, output: Uint8Array, start: number): number => {
  const cursor: Cursor = { at: 0 };
  let to = start;
  while (cursor.at < input.length) {
    const token = input[cursor.at] ?? 0;
    cursor.at += 1;
    const literals = extended(input, cursor, token >> 4);
    if (cursor.at + literals > input.length) refuse("data end within literals");
    if (to + literals > output.length) refuse("data decompress to more than they say");
    output.set(input.subarray(cursor.at, cursor.at + literals), to);
    cursor.at += literals;
    to += literals;
    // The last sequence has no match.
    if (cursor.at === input.length) return to;
    if (cursor.at + 2 > input.length) refuse("data end within a distance");
    const distance = (input[cursor.at] ?? 0) | ((input[cursor.at + 1] ?? 0) << 8);
    cursor.at += 2;
    const length = extended(input, cursor, token & 15) + 4;
    if (distance === 0 || distance > to - start) refuse("data refer to before their beginning");
    if (to + length > output.length) refuse("data decompress to more than they say");
    copyBack(output, to, distance, length);
    to += length;
  }
  return to;
};

/** Decompresses bare LZ4 (codec LZ4_RAW) to exactly `length` bytes. */
export function decompressLz4Raw(input: Uint8Array, length: number): Uint8Array {
  const output = new Uint8Array(length);
  if (decompressBlock(input, output, 0) !== length) refuse("data decompress to less than they say");
  return output;
}

const FRAME_HEAD = 8;

/** Hadoop's frames: decompressed size, compressed size (both big-endian), block; undefined if it is none. */
const decompressFrames = (input: Uint8Array, length: number): Uint8Array | undefined => {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const output = new Uint8Array(length);
  let at = 0;
  let to = 0;
  while (at < input.length) {
    if (at + FRAME_HEAD > input.length) return undefined;
    const decompressed = view.getUint32(at);
    const compressed = view.getUint32(at + 4);
    at += FRAME_HEAD;
    if (at + compressed > input.length || to + decompressed > length) return undefined;
    try {
      if (decompressBlock(input.subarray(at, at + compressed), output, to) !== to + decompressed)
        return undefined;
    } catch {
      return undefined;
    }
    at += compressed;
    to += decompressed;
  }
  return to === length ? output : undefined;
};

/**
 * Decompresses the deprecated codec LZ4: in Hadoop's frames or bare, as different writers wrote it.
 */
export function decompressLz4(input: Uint8Array, length: number): Uint8Array {
  return decompressFrames(input, length) ?? decompressLz4Raw(input, length);
}
