/** Checks that a bucket of an S3 store supports what the product needs. */
import type { S3Bucket } from "./bucket.ts";
import { StoreError } from "./error.ts";

/** Prefix of the objects for these checks: nobody's data. */
export const OWN_PREFIX = "_vxdata/";

const encoder = new TextEncoder();

const CONTENT = encoder.encode("vxdata");
const OTHER = encoder.encode("other bytes");

const NOT_IMPLEMENTED = 501;

/** True when the object was stored. */
const createNew = async (bucket: S3Bucket, key: string): Promise<boolean> => {
  try {
    return await bucket.create(key, CONTENT);
  } catch (error) {
    const isUnsupported = error instanceof StoreError && error.status === NOT_IMPLEMENTED;
    if (!isUnsupported) throw error;
    const message = "The store does not support If-None-Match, which uploads need";
    throw new Error(message, { cause: error });
  }
};

/**
 * Stores an object, reads it, finds it and removes it again.
 *
 * @param name which is used once.
 * @throws {Error} saying what the store does not support, or refuses.
 */
export async function proveBucket(bucket: S3Bucket, name: string): Promise<void> {
  const key = `${OWN_PREFIX}probe/${name} ä+&`;
  const fail = (what: string): never => {
    throw new Error(`The store ${what}`);
  };
  if (!(await createNew(bucket, key))) fail("says that there is a new object already");
  try {
    if (await bucket.create(key, OTHER)) {
      fail("ignores If-None-Match: an upload could take the place of another one");
    }
    const head = await bucket.head(key);
    if (head?.size !== CONTENT.length) fail("does not give back what was stored");
    const part = await bucket.get(key, {
      range: { offset: 1, length: 3 },
      ...(head === null ? {} : { etag: head.etag }),
    });
    if ((await part?.text()) !== "xda") fail("does not give back what was stored");
    if ((await bucket.get(key, { etag: '"another"' })) !== null) fail("ignores If-Match");
    const { objects } = await bucket.list(key);
    if (objects[0]?.key !== key) fail("does not list what was stored");
  } finally {
    await bucket.delete([key]);
  }
  if ((await bucket.head(key)) !== null) fail("does not remove what is removed");
}
