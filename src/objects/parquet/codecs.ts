/** Codecs of Parquet pages that work inside a Worker, each with bounded memory. */
import { brotliDecompressSync, constants, gunzipSync, zstdDecompressSync } from "node:zlib";
import { decompressLz4, decompressLz4Raw } from "./lz4.ts";
import { decompressSnappy } from "./snappy.ts";

/** Decompresses a page of so many bytes; throws, or returns fewer bytes, for other pages. */
export type Decompress = (input: Uint8Array, length: number) => Uint8Array;

/** Largest window of Zstandard in bits: no page that is read is larger. */
const WINDOW_BITS = 26;

/** A copy: zlib's result may be part of a buffer that it shares with others. */
const copyOf = (bytes: Uint8Array, length: number): Uint8Array => {
  if (bytes.length > length) throw new Error("parquet page decompresses to more than it says");
  return new Uint8Array(bytes);
};

/**
 * The most bytes that zlib may allocate for a page. The runtime's zlib triples its buffer when that
 * is full, and fails when the next size exceeds the bound, although the page would fit. The length
 * of the result is checked afterwards.
 */
const allocatedMax = (length: number): number => Math.max(65_536, length * 3);

const gzip: Decompress = (input, length) =>
  copyOf(gunzipSync(input, { maxOutputLength: allocatedMax(length) }), length);

const brotli: Decompress = (input, length) =>
  copyOf(brotliDecompressSync(input, { maxOutputLength: allocatedMax(length) }), length);

const zstd: Decompress = (input, length) =>
  copyOf(
    zstdDecompressSync(input, {
      maxOutputLength: allocatedMax(length),
      // By default the runtime reports a page that exactly fills its buffer as truncated.
      finishFlush: constants.ZSTD_e_flush,
      params: { [constants.ZSTD_d_windowLogMax]: WINDOW_BITS },
    }),
    length,
  );

/** A page without values may have no bytes at all, whatever its codec. */
const orNothing =
  (decompress: Decompress): Decompress =>
  (input, length) =>
    length === 0 ? new Uint8Array() : decompress(input, length);

/** The decompression function of each codec. */
export const CODECS: Readonly<Record<string, Decompress>> = {
  SNAPPY: orNothing(decompressSnappy),
  GZIP: orNothing(gzip),
  BROTLI: orNothing(brotli),
  ZSTD: orNothing(zstd),
  LZ4: orNothing(decompressLz4),
  LZ4_RAW: orNothing(decompressLz4Raw),
};
