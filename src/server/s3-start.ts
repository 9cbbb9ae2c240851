/**
 * Checks, before a server starts, that its bucket exists, is its own, and has the required objects.
 */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import type { S3Access } from "../objects/presign.ts";
import type { S3Bucket } from "../objects/s3/bucket.ts";
import { OWN_PREFIX, proveBucket } from "../objects/s3/prove.ts";
import { objectAt, objectsAfter } from "./bucket.ts";
import { bucketFile, databaseFile, type Home } from "./layout.ts";
import { addressesIn, seenObjects } from "./named.ts";
import { BUCKET_NAME } from "./platform.ts";
import { reasonOf, OperatorError } from "./operator-error.ts";
import { reading } from "./sqlite.ts";
import {
  isRecorded,
  newRecord,
  openStore,
  readRecord,
  storeName,
  writeRecord,
  type StoreRecord,
} from "./s3-store.ts";

const HINTS: readonly (readonly [RegExp, string])[] = [
  [/TimeTooSkewed/, "The clock of this machine or of the store is wrong."],
  [/NoSuchBucket/, "Make the bucket first."],
  [/answered 40[013]/, "Check S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY, S3_REGION and S3_BUCKET."],
  [/answered 30\d/, "Check S3_ENDPOINT and S3_REGION: the bucket is elsewhere."],
  [/cannot be reached/, "Check S3_ENDPOINT, and the network."],
];

/** What a store does not support, in a sentence that names it. */
export function storeError(access: S3Access, error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  const reason = reasonOf(error);
  const [, hint = ""] = HINTS.find(([pattern]) => pattern.test(reason)) ?? [];
  return new OperatorError(`The bucket ${storeName(access)}: ${reason}. ${hint}`.trimEnd(), {
    cause: error,
  });
}

const OWNER = `${OWN_PREFIX}owner`;

/**
 * Claims a bucket for one folder: the upkeep of two servers would remove each other's objects.
 *
 * @throws {OperatorError} when another one has it.
 */
export async function claimBucket(bucket: S3Bucket, record: StoreRecord): Promise<void> {
  const isNew = await bucket.create(OWNER, new TextEncoder().encode(record.owner));
  if (isNew || (await (await bucket.get(OWNER))?.text()) === record.owner) return;
  throw new OperatorError(
    `The bucket ${storeName(record)} belongs to another server's folder, and no two may share one. When that folder is gone for good, remove the object ${OWNER} from the bucket.`,
  );
}

/** Releases what `claimBucket` took. */
export function releaseBucket(bucket: S3Bucket): Promise<void> {
  return bucket.delete([OWNER]);
}

const sizesIn = async (bucket: S3Bucket): Promise<Map<string, number>> => {
  const sizes = new Map<string, number>();
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await bucket.list("", cursor);
    for (const { key, size } of page.objects) sizes.set(key, size);
    ({ cursor } = page);
  }
  return sizes;
};

/** The size of an object in a bucket; undefined when it does not exist. */
type SizeOf = (key: string) => number | undefined;

interface Needed {
  readonly key: string;
  /** Null when it is unknown. */
  readonly bytes: number | null;
}

/** All objects of the bucket in a data folder. */
function* localObjects({ data }: Home): Generator<Needed> {
  for (let page = objectsAfter(bucketFile(data), ""); page.length > 0;) {
    yield* page;
    page = objectsAfter(bucketFile(data), page.at(-1)?.key ?? "");
  }
}

/** Where a folder's objects were until now, and where they are from now on. */
interface Move {
  readonly from: string;
  readonly to: string;
  /** The bucket's former name, when it differs. */
  readonly formerName: string | undefined;
  /** Objects there that the database does not require. */
  readonly known: Iterable<Needed>;
  readonly sizeOf: SizeOf;
}

/** Checks that all objects exist, and are found by the addresses by which resources name them. */
const requireMoved = (home: Home, { from, to, formerName: name, known, sizeOf }: Move): void => {
  const file = databaseFile(home.data);
  if (!existsSync(file)) return;
  reading(file, (database) => {
    const lacking = new Set<string>();
    for (const { key, bytes } of [...seenObjects(database), ...known]) {
      const size = sizeOf(key);
      if (size === undefined || (bytes !== null && bytes !== size)) lacking.add(key);
    }
    const [first] = lacking;
    if (first !== undefined) {
      throw new OperatorError(
        `The objects of this folder lie in ${from}, and ${lacking.size} of them are not in ${to}, such as ${first}. Copy them first, or set S3_ENDPOINT and S3_BUCKET as they were.`,
      );
    }
    const addresses = name === undefined ? 0 : addressesIn(database, name);
    if (addresses === 0) return;
    throw new OperatorError(
      `Resources name ${addresses} objects as s3://${name}/KEY: the bucket has to keep this name, and ${to} has another one.`,
    );
  });
};

/** Changes where a folder's objects are. */
const moveTo = async (
  home: Home,
  record: StoreRecord | undefined,
  access: S3Access,
  bucket: S3Bucket,
): Promise<StoreRecord> => {
  if (existsSync(databaseFile(home.data))) {
    const sizes = await sizesIn(bucket);
    const from = record === undefined ? home.data : storeName(record);
    const name = record?.bucket ?? BUCKET_NAME;
    requireMoved(home, {
      from,
      to: storeName(access),
      formerName: name === access.bucket ? undefined : name,
      known: record === undefined ? localObjects(home) : [],
      sizeOf: (key) => sizes.get(key),
    });
  }
  return newRecord(access);
};

const requireLocal = (home: Home, record: StoreRecord): void => {
  requireMoved(home, {
    from: storeName(record),
    to: home.data,
    formerName: record.bucket === BUCKET_NAME ? undefined : record.bucket,
    known: [],
    sizeOf: (key) => objectAt(bucketFile(home.data), key)?.bytes,
  });
};

/**
 * Checks that the bucket can be used, and records which one it is.
 *
 * @param access undefined: it is in the data folder.
 * @throws {OperatorError} with an error that the operator can correct; nothing has changed then.
 */
export async function requireBucket(home: Home, access: S3Access | undefined): Promise<void> {
  const record = readRecord(home);
  if (access === undefined) {
    if (record === undefined) return;
    requireLocal(home, record);
    writeRecord(home, undefined);
    return;
  }
  const bucket = openStore(access);
  try {
    await proveBucket(bucket, randomUUID());
    const isKnown = record !== undefined && isRecorded(record, access);
    const own = isKnown ? record : await moveTo(home, record, access, bucket);
    // The folder's record first: a bucket that was claimed without it would be unusable.
    if (!isKnown) writeRecord(home, own);
    try {
      await claimBucket(bucket, own);
    } catch (error) {
      // If it is unknown whether it was claimed, the next start finds out.
      if (!isKnown && error instanceof OperatorError) writeRecord(home, record);
      throw error;
    }
  } catch (error) {
    throw storeError(access, error);
  }
}
