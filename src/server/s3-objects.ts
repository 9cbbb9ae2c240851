/** The objects of an S3 store, one after another, and their bytes. */
import type { ObjectBody } from "../objects/bucket.ts";
import type { S3Bucket } from "../objects/s3/bucket.ts";
import { OWN_PREFIX } from "../objects/s3/prove.ts";

/** Every object of a bucket, by key, except those about the bucket itself. */
export async function* objectsIn(
  bucket: S3Bucket,
): AsyncGenerator<{ readonly key: string; readonly size: number }> {
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await bucket.list("", cursor);
    for (const object of page.objects) if (!object.key.startsWith(OWN_PREFIX)) yield object;
    ({ cursor } = page);
  }
}

/** How often a body that breaks off is continued. */
const RESUMED_MAX = 5;

/**
 * The bytes of an object, to its end: when they break off, the rest is requested again.
 *
 * @throws {Error} when that happens too often, or the object was replaced meanwhile.
 */
export async function* bytesIn(
  bucket: S3Bucket,
  key: string,
  found: ObjectBody,
): AsyncGenerator<Uint8Array> {
  const { etag, size } = found;
  let body = found.body;
  let offset = 0;
  for (let resumed = 0; ; resumed += 1) {
    try {
      for await (const piece of body) {
        offset += piece.length;
        yield piece;
      }
      return;
    } catch (error) {
      if (resumed >= RESUMED_MAX || offset >= size) throw error;
    }
    const rest = await bucket.get(key, { etag, range: { offset } });
    if (rest === null) throw new Error(`${key} became another object while it was read`);
    ({ body } = rest);
  }
}
