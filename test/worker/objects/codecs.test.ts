// Codecs of Parquet pages with the zlib of the runtime, which differs from that of Node.
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { CODECS } from "../../../src/objects/parquet/codecs.ts";

const COMPRESS = { GZIP: gzipSync, BROTLI: brotliCompressSync, ZSTD: zstdCompressSync };
/** Sizes around and between those at which the runtime allocates a larger buffer. */
const SIZES = [1, 1_000, 40_959, 40_960, 40_961, 72_000, 122_880, 122_881, 300_000, 1_100_000];

describe.each(Object.entries(COMPRESS))("%s", (name, compress) => {
  const decompress = (input: Uint8Array, length: number): Uint8Array =>
    CODECS[name]?.(input, length) ?? new Uint8Array();

  test.each(SIZES)("decompresses a page of %i equal bytes", (size) => {
    const page = new Uint8Array(size).fill(7);
    expect(Buffer.from(decompress(compress(page), size)).equals(page)).toBe(true);
  });

  test("refuses a page that decompresses to more than it declares", () => {
    for (const size of [101, 200_000, 50_000_000]) {
      const compressed = compress(new Uint8Array(size));
      expect(() => decompress(compressed, 100)).toThrow(Error);
    }
  });
});
