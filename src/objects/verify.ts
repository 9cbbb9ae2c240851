/** The properties of an object in the bucket: its size, its type and the digests of its bytes. */
import xxhash from "xxhash-wasm";
import { LIMITS } from "../model/limits.ts";
import type { Bucket, StoredObject } from "./bucket.ts";

/** An object in the bucket. */
export interface Arrived {
  readonly sizeBytes: number;
  readonly contentType: string | null;
  /** SHA-256, lower-case hexadecimal; null for an object that is too large to be read. */
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

const aboutOf = (found: StoredObject): Pick<Arrived, "sizeBytes" | "contentType"> => ({
  sizeBytes: found.size,
  contentType: found.contentType,
});

const UNREAD = { sha256: null, xxhash: null } as const;

/** Reads an object's metadata; undefined when there is none. */
export async function inspectObject(bucket: Bucket, key: string): Promise<Arrived | undefined> {
  const head = await bucket.head(key);
  if (head === null) return undefined;
  if (head.size > LIMITS.hashedBytesMax) return { ...aboutOf(head), ...UNREAD };
  const found = await bucket.get(key, { etag: head.etag });
  if (found === null) return undefined;
  return { ...aboutOf(head), ...(await digestsOf(found.body)) };
}

/** How much of an object is read. */
export interface Reading {
  /** The size that was announced. */
  readonly expected: number;
  /** True for a size that is read completely; called once, with the actual size. */
  readonly isRead: (sizeBytes: number) => boolean;
}

/**
 * Opens an object by one call, and reads it completely when it is small enough; undefined when
 * there is none.
 */
export async function readObject(
  bucket: Bucket,
  key: string,
  { expected, isRead }: Reading,
): Promise<Arrived | undefined> {
  if (expected > LIMITS.harvestCheckedBytesMax) {
    const head = await bucket.head(key);
    return head === null ? undefined : { ...aboutOf(head), ...UNREAD };
  }
  const found = await bucket.get(key);
  if (found === null) return undefined;
  if (isRead(found.size)) return { ...aboutOf(found), ...(await digestsOf(found.body)) };
  await found.body.cancel();
  return { ...aboutOf(found), ...UNREAD };
}

/** Reads an object completely, however large it is; undefined when there is none. */
export async function readWhole(bucket: Bucket, key: string): Promise<Arrived | undefined> {
  const found = await bucket.get(key);
  if (found === null) return undefined;
  return { ...aboutOf(found), ...(await digestsOf(found.body)) };
}
