/**
 * Structures of Thrift's compact protocol, checked before a parser reads them: every length is
 * compared with the available bytes, so that a few bytes cannot request gigabytes, and a number has
 * no more bytes than its type allows.
 */

/** Thrown for a file that no Parquet writer would write. */
export function refuseParquet(why: string): never {
  throw new Error(`parquet ${why}`);
}

const TRUE = 1;
const FALSE = 2;
const BYTE = 3;
const I64 = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const SET = 10;
const STRUCT = 12;

const DEPTH_MAX = 32;

/** The position of a walk. */
interface Walk {
  readonly bytes: Uint8Array;
  at: number;
  /** Called for each field of a structure with its path of field numbers. */
  readonly onField: (path: readonly number[], start: number, end: number) => void;
}

const need = (walk: Walk, bytes: number): void => {
  if (bytes > walk.bytes.length - walk.at) refuseParquet("structure ends too early");
};

const byte = (walk: Walk): number => {
  need(walk, 1);
  const value = walk.bytes[walk.at] ?? 0;
  walk.at += 1;
  return value;
};

/** A varint of at most ten bytes; as a number, which is exact for lengths. */
const varint = (walk: Walk): number => {
  let value = 0;
  for (let position = 0; position < 10; position += 1) {
    const part = byte(walk);
    value += (part & 0x7f) * 2 ** (7 * position);
    if (part < 0x80) return value;
  }
  return refuseParquet("structure holds a number without end");
};

const skip = (walk: Walk, bytes: number): void => {
  need(walk, bytes);
  walk.at += bytes;
};

const list = (walk: Walk, path: readonly number[]): void => {
  const head = byte(walk);
  const size = head >> 4 === 15 ? varint(walk) : head >> 4;
  // Every element takes at least one byte.
  need(walk, size);
  const type = head & 15;
  for (let index = 0; index < size; index += 1) {
    if (type === TRUE || type === FALSE) skip(walk, 1);
    else element(walk, type, path);
  }
};

const element = (walk: Walk, type: number, path: readonly number[]): void => {
  if (type === TRUE || type === FALSE) return;
  if (type === BYTE) skip(walk, 1);
  else if (type > BYTE && type <= I64) varint(walk);
  else if (type === DOUBLE) skip(walk, 8);
  else if (type === BINARY) skip(walk, varint(walk));
  else if (type === LIST || type === SET) list(walk, path);
  else if (type === STRUCT) struct(walk, path);
  else refuseParquet("structure holds a type that Parquet does not use");
};

const struct = (walk: Walk, path: readonly number[]): void => {
  if (path.length > DEPTH_MAX) refuseParquet("structure is nested too deeply");
  for (let field = 0; ;) {
    const head = byte(walk);
    if (head === 0) return;
    const delta = head >> 4;
    field = delta === 0 ? varint(walk) / 2 : field + delta;
    const own = [...path, field];
    const start = walk.at;
    element(walk, head & 15, own);
    walk.onField(own, start, walk.at);
  }
};

/** Walks the structure that begins at `at`, and returns its end. */
export function walkThrift(
  bytes: Uint8Array,
  at: number,
  onField: Walk["onField"] = () => undefined,
): number {
  const walk: Walk = { bytes, at, onField };
  struct(walk, []);
  return walk.at;
}
