/** What an object in the bucket is: its size, its type and the digests of its bytes. */
import xxhash from "xxhash-wasm";
import { LIMITS } from "../model/limits.ts";

/** An object as it lies in the bucket. */
export interface Arrived {
  readonly sizeBytes: number;
  readonly contentType: string | null;
  /** SHA-256, lower-case hexadecimal; null for an object that is too large to be read through. */
  readonly sha256: string | null;
  /** XXH64 with seed 0, 16 hexadecimal digits; null likewise. */
  readonly xxhash: string | null;
}

const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Reads a body once, for both digests. */
const digestsOf = async (
  body: ReadableStream<Uint8Array>,
): Promise<Pick<Arrived, "sha256" | "xxhash">> => {
  const fast = (await xxhash()).create64();
  const strong = new crypto.DigestStream("SHA-256");
  const writer = strong.getWriter();
  for await (const chunk of body) {
    fast.update(chunk);
    await writer.write(chunk);
  }
  await writer.close();
  return { sha256: hex(await strong.digest), xxhash: fast.digest().toString(16).padStart(16, "0") };
};

const isHashed = (sizeBytes: number): boolean => sizeBytes <= LIMITS.hashedBytesMax;

/**
 * Looks at an object; undefined when there is none.
 *
 * @param isRead says of a size whether so much is read through.
 */
export const inspectObject = async (
  bucket: R2Bucket,
  key: string,
  isRead: (sizeBytes: number) => boolean = isHashed,
): Promise<Arrived | undefined> => {
  const found = await bucket.get(key);
  if (found === null) return undefined;
  const about = { sizeBytes: found.size, contentType: found.httpMetadata?.contentType ?? null };
  const body = found.body as ReadableStream<Uint8Array>;
  if (isRead(found.size)) return { ...about, ...(await digestsOf(body)) };
  await body.cancel();
  return { ...about, sha256: null, xxhash: null };
};
