import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { Transform } from "node:stream";
import xxhash from "xxhash-wasm";

/** The length and the digests of a stream. */
export interface Streamed {
  readonly bytes: number;
  /** XXH64 with seed 0, 16 lower-case hexadecimal digits. */
  readonly xxh64: string;
  /** In the form of object stores. */
  readonly md5: string;
}

/** A stream that passes everything on and computes its length and digests. */
export const hashing = async (): Promise<{
  readonly stream: Transform;
  readonly result: () => Streamed;
}> => {
  const fast = (await xxhash()).create64();
  const md5 = createHash("md5");
  let bytes = 0;
  const stream = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.length;
      fast.update(chunk);
      md5.update(chunk);
      done(null, chunk);
    },
  });
  return {
    stream,
    result: () => ({
      bytes,
      xxh64: fast.digest().toString(16).padStart(16, "0"),
      md5: md5.digest("hex"),
    }),
  };
};

/** The digest of a file, read from the disk. */
export const hashOf = async (path: string): Promise<string> => {
  const fast = (await xxhash()).create64();
  for await (const chunk of createReadStream(path)) fast.update(chunk as Buffer);
  return fast.digest().toString(16).padStart(16, "0");
};
