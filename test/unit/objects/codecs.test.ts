import fc from "fast-check";
import { snappyCompress } from "hyparquet-writer/src/snappy.js";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { CODECS, type Decompress } from "../../../src/objects/parquet/codecs.ts";
import { runs } from "../../support/run/figures.ts";

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  // Bytes that compress well: few values, repeated.
  fc
    .array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 90 })), {
      maxLength: 60,
    })
    .map((lengths) =>
      Uint8Array.from(
        lengths.flatMap(([value, count]) => Array.from({ length: count }, () => value)),
      ),
    ),
);

/** LZ4 as the format describes it: a greedy search for matches, none in the last twelve bytes. */
const lz4Fold = (input: Uint8Array): Uint8Array => {
  const output: number[] = [];
  const seen = new Map<string, number>();
  const sequence = (from: number, to: number, distance: number, length: number): void => {
    const literals = to - from;
    const match = length - 4;
    const nibble = (value: number): number => Math.min(value, 15);
    const rest = (value: number): void => {
      if (value < 15) return;
      for (let left = value - 15; ; left -= 255) {
        output.push(Math.min(left, 255));
        if (left < 255) return;
      }
    };
    output.push(nibble(literals) * 16 + (distance === 0 ? 0 : nibble(match)));
    rest(literals);
    output.push(...input.subarray(from, to));
    if (distance === 0) return;
    output.push(distance % 256, Math.floor(distance / 256));
    rest(match);
  };
  let literalStart = 0;
  for (let at = 0; at + 12 < input.length;) {
    const key = input.subarray(at, at + 4).join();
    const before = seen.get(key);
    seen.set(key, at);
    if (before === undefined || at - before > 65_535) {
      at += 1;
      continue;
    }
    let length = 4;
    while (at + length < input.length - 5 && input[before + length] === input[at + length])
      length += 1;
    sequence(literalStart, at, at - before, length);
    at += length;
    literalStart = at;
  }
  sequence(literalStart, input.length, 0, 4);
  return Uint8Array.from(output);
};

const framed = (folded: Uint8Array, length: number): Uint8Array => {
  const head = new DataView(new ArrayBuffer(8));
  head.setUint32(0, length);
  head.setUint32(4, folded.length);
  return Uint8Array.from([...new Uint8Array(head.buffer), ...folded]);
};

const FOLDERS: Readonly<Record<string, (input: Uint8Array) => Uint8Array>> = {
  SNAPPY: (input) => new Uint8Array(snappyCompress(input)),
  GZIP: (input) => gzipSync(input),
  BROTLI: (input) => brotliCompressSync(input),
  ZSTD: (input) => zstdCompressSync(input),
  LZ4: (input) => framed(lz4Fold(input), input.length),
  LZ4_RAW: lz4Fold,
};

const decompressOf = (name: string): Decompress => {
  const decompress = CODECS[name];
  if (decompress === undefined) throw new Error(`no codec ${name}`);
  return decompress;
};

/** The result, or no bytes when the data are invalid. */
const attempt = (run: () => Uint8Array): Uint8Array => {
  try {
    return run();
  } catch {
    return new Uint8Array();
  }
};

describe.each(Object.keys(CODECS))("%s", (name) => {
  const fold = FOLDERS[name] ?? ((input) => input);
  const decompress = decompressOf(name);

  test("decompresses what was compressed to the same bytes", () => {
    fc.assert(
      fc.property(bytes, (input) => {
        expect(Buffer.from(decompress(fold(input), input.length)).equals(Buffer.from(input))).toBe(
          true,
        );
      }),
      { numRuns: runs(300) },
    );
  });

  test("never returns more bytes than requested, and ends for any input", () => {
    fc.assert(
      fc.property(
        bytes,
        fc.nat(400),
        fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 4 }),
        (input, length, changes) => {
          const folded = Uint8Array.from(fold(input));
          for (const [at, value] of changes) if (at < folded.length) folded[at] = value;
          const answer = attempt(() => decompress(folded, length));
          expect(answer.length).toBeLessThanOrEqual(length);
          expect(answer.buffer.byteLength).toBe(answer.length);
        },
      ),
      { numRuns: runs(500) },
    );
  });
});

test("bare LZ4 is read under the name of the framed codec, as some writers write it", () => {
  const input = Uint8Array.from(Array.from({ length: 100 }, (_, index) => index % 7));
  expect(decompressOf("LZ4")(lz4Fold(input), 100)).toEqual(input);
});

test("a literal length that overflows to negative does not stall the reader", () => {
  // The tag of a literal whose length has four bytes, all ones.
  const folded = Uint8Array.from([10, 0xfc, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]);
  expect(() => decompressOf("SNAPPY")(folded, 10)).toThrow("SNAPPY");
});
