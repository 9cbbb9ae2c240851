/**
 * Small integers in Parquet's packed encoding: repetition and definition levels, dictionary
 * indexes.
 */
import type { ByteWriter } from "hyparquet-writer";

/** Bits for numbers below a count; at least one. */
export function bitsBelow(count: number): number {
  return Math.max(1, 32 - Math.clz32(count - 1));
}

/** One run, for equal numbers. */
const appendRun = (sink: ByteWriter, value: number, count: number, width: number): void => {
  sink.appendVarInt(count * 2);
  for (let shift = 0; shift < width; shift += 8) sink.appendUint8((value >>> shift) & 0xff);
};

/** Groups of eight, each number in so many bits, starting from the lowest bit. */
const appendPacked = (sink: ByteWriter, numbers: ArrayLike<number>, width: number): void => {
  const groups = Math.ceil(numbers.length / 8);
  sink.appendVarInt(groups * 2 + 1);
  const bytes = new Uint8Array(groups * width);
  let at = 0;
  let bits = 0;
  let filled = 0;
  for (let index = 0; index < numbers.length; index += 1) {
    bits |= (numbers[index] ?? 0) << filled;
    filled += width;
    while (filled >= 8) {
      bytes[at] = bits & 0xff;
      at += 1;
      bits >>>= 8;
      filled -= 8;
    }
  }
  if (filled > 0) bytes[at] = bits & 0xff;
  sink.appendBytes(bytes);
};

/** Numbers below 2 to the power of `width`, which is at most 24. */
export function appendNumbers(sink: ByteWriter, numbers: ArrayLike<number>, width: number): void {
  const first = numbers[0] ?? 0;
  let isOne = true;
  for (let index = 1; isOne && index < numbers.length; index += 1) isOne = numbers[index] === first;
  if (isOne) appendRun(sink, first, numbers.length, width);
  else appendPacked(sink, numbers, width);
}
