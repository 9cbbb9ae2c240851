/** Snappy blocks. Every length and distance is checked, so that no input can stall the reader. */

const refuse = (why: string): never => {
  throw new Error(`parquet SNAPPY ${why}`);
};

/** The decompressed length at the beginning (a varint of at most 32 bits), and its end. */
const preamble = (input: Uint8Array): { readonly length: number; readonly at: number } => {
  let length = 0;
  for (let at = 0; at < 5; at += 1) {
    const byte = input[at] ?? refuse("data end within their length");
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return { length, at: at + 1 };
  }
  return refuse("data have no length");
};

/** A little-endian number of so many bytes. */
const numberAt = (input: Uint8Array, at: number, bytes: number): number => {
  if (at + bytes > input.length) refuse("data end within a number");
  let value = 0;
  for (let index = 0; index < bytes; index += 1) value += (input[at + index] ?? 0) * 256 ** index;
  return value;
};

interface Element {
  readonly length: number;
  readonly isLiteral: boolean;
  /** The distance of a copy. */
  readonly distance: number;
  /** Bytes of the element's head. */
  readonly head: number;
}

const elementAt = (input: Uint8Array, at: number): Element => {
  const tag = input[at] ?? 0;
  const high = tag >> 2;
  switch (tag & 3) {
    case 0: {
      const more = Math.max(0, high - 59);
      const length = (more === 0 ? high : numberAt(input, at + 1, more)) + 1;
      return { length, isLiteral: true, distance: 0, head: 1 + more };
    }
    case 1: {
      const distance = (tag >> 5) * 256 + numberAt(input, at + 1, 1);
      return { length: (high & 7) + 4, isLiteral: false, distance, head: 2 };
    }
    case 2:
      return {
        length: high + 1,
        isLiteral: false,
        distance: numberAt(input, at + 1, 2),
        head: 3,
      };
    default:
      return {
        length: high + 1,
        isLiteral: false,
        distance: numberAt(input, at + 1, 4),
        head: 5,
      };
  }
};

/** Decompresses a block to exactly `length` bytes. */
export function decompressSnappy(input: Uint8Array, length: number): Uint8Array {
  const start = preamble(input);
  if (start.length !== length) refuse("data decompress to another length than they say");
  const output = new Uint8Array(length);
  let to = 0;
  for (let at = start.at; at < input.length;) {
    const element = elementAt(input, at);
    at += element.head;
    if (to + element.length > length) refuse("data decompress to more than they say");
    if (element.isLiteral) {
      if (at + element.length > input.length) refuse("data end within literals");
      output.set(input.subarray(at, at + element.length), to);
      at += element.length;
    } else {
      if (element.distance === 0 || element.distance > to)
        refuse("data refer to before their beginning");
      copyBack(output, to, element.distance, element.length);
    }
    to += element.length;
  }
  if (to !== length) refuse("data decompress to less than they say");
  return output;
}

/**
 * Copies from what was already written. Source and target may overlap: then copied bytes are copied
 * again, byte by byte.
 */
export function copyBack(output: Uint8Array, to: number, distance: number, length: number): void {
  if (distance >= length) {
    output.copyWithin(to, to - distance, to - distance + length);
    return;
  }
  for (let index = to; index < to + length; index += 1) {
    output[index] = output[index - distance] ?? 0;
  }
}
