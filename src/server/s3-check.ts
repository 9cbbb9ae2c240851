/** Checks whether the objects in an S3 store are as the database says. */
import type { S3Access } from "../objects/presign.ts";
import type { S3Bucket } from "../objects/s3/bucket.ts";
import { createTally } from "./backup-format.ts";
import type { NamedObject } from "./named.ts";
import { reasonOf } from "./operator-error.ts";
import { bytesIn, objectsIn } from "./s3-objects.ts";
import { storeError } from "./s3-start.ts";
import { openStore } from "./s3-store.ts";

/** What was found in a bucket. */
export interface CheckedBucket {
  /** Objects that were read completely. */
  readonly objects: number;
  readonly bytes: number;
  readonly errors: readonly string[];
  /** Whether an object exists; also one that was uploaded meanwhile. */
  readonly has: (key: string) => Promise<boolean>;
}

const differenceOf = (
  found: { readonly bytes: number; readonly sha256: string },
  seen: NamedObject | undefined,
): string | undefined => {
  if (typeof seen?.bytes === "number" && seen.bytes !== found.bytes) {
    return `it has ${found.bytes} bytes; the database says ${seen.bytes}`;
  }
  const isOther = typeof seen?.sha256 === "string" && seen.sha256 !== found.sha256;
  return isOther ? "its digest is not the one in the database" : undefined;
};

interface Read {
  readonly bytes: number;
  readonly error: string | undefined;
}

/** Reads an object completely; undefined when it was removed meanwhile. */
const readObject = async (
  bucket: S3Bucket,
  key: string,
  seen: NamedObject | undefined,
): Promise<Read | undefined> => {
  const tally = createTally();
  try {
    const found = await bucket.get(key);
    if (found === null) return undefined;
    for await (const _ of tally.through(bytesIn(bucket, key, found)));
  } catch (error) {
    return { bytes: 0, error: `it cannot be read: ${reasonOf(error)}` };
  }
  const total = tally.total();
  return { bytes: total.bytes, error: differenceOf(total, seen) };
};

/**
 * Reads every object of a store completely.
 *
 * @param seen what the database knows of objects.
 * @throws {OperatorError} when the store cannot be reached.
 */
export async function checkStore(
  access: S3Access,
  seen: ReadonlyMap<string, NamedObject>,
): Promise<CheckedBucket> {
  const bucket = openStore(access);
  const errors: string[] = [];
  const keys = new Set<string>();
  let bytes = 0;
  try {
    for await (const { key } of objectsIn(bucket)) {
      const read = await readObject(bucket, key, seen.get(key));
      if (read === undefined) continue;
      keys.add(key);
      bytes += read.bytes;
      if (read.error !== undefined) errors.push(`${key}: ${read.error}`);
    }
  } catch (error) {
    throw storeError(access, error);
  }
  return {
    objects: keys.size,
    bytes,
    errors: errors,
    has: async (key) => keys.has(key) || (await bucket.head(key)) !== null,
  };
}
