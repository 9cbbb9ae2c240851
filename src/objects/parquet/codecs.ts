/** Codecs of Parquet pages that work inside a Worker. None unfolds to more than the page says. */
import { brotliDecompressSync, constants, gunzipSync, zstdDecompressSync } from "node:zlib";
import { unfoldLz4, unfoldLz4Raw } from "./lz4.ts";
import { unfoldSnappy } from "./snappy.ts";

/** Unfolds a page to exactly so many bytes. */
export type Unfold = (input: Uint8Array, length: number) => Uint8Array;

/** Bits of the window that Zstandard may keep: no page that is read is larger. */
const WINDOW_BITS = 26;

/** A copy of its own: what zlib answers may lie in a buffer that it shares with others. */
const own = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

const gzip: Unfold = (input, length) => own(gunzipSync(input, { maxOutputLength: length }));

const brotli: Unfold = (input, length) =>
  own(brotliDecompressSync(input, { maxOutputLength: length }));

const zstd: Unfold = (input, length) =>
  own(
    zstdDecompressSync(input, {
      maxOutputLength: length,
      params: { [constants.ZSTD_d_windowLogMax]: WINDOW_BITS },
    }),
  );

/** A page without values may have no bytes at all, whatever its codec. */
const orNothing =
  (unfold: Unfold): Unfold =>
  (input, length) =>
    length === 0 ? new Uint8Array() : unfold(input, length);

/** How each codec is unfolded. */
export const CODECS: Readonly<Record<string, Unfold>> = {
  SNAPPY: orNothing(unfoldSnappy),
  GZIP: orNothing(gzip),
  BROTLI: orNothing(brotli),
  ZSTD: orNothing(zstd),
  LZ4: orNothing(unfoldLz4),
  LZ4_RAW: orNothing(unfoldLz4Raw),
};
