/** Checks a data folder. The server may run. */
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { objectAt, objectsAfter, type Blob, type StoredObject } from "./bucket.ts";
import { checkStore, type CheckedBucket } from "./s3-check.ts";
import type { Settings } from "./dotenv.ts";
import { brokenInvariants, integrityErrors } from "./invariants.ts";
import { blobFolder, bucketFile, databaseFile, homeOf } from "./layout.ts";
import { lastTransaction, referredKeys, seenObjects, type NamedObject } from "./named.ts";
import { BUCKET_NAME } from "./platform.ts";
import { reasonOf, OperatorError } from "./operator-error.ts";
import { reading, requireWhole } from "./sqlite.ts";
import { storeOf } from "./s3-store.ts";

/** What was found. */
export interface CheckReport {
  readonly transaction: number | null;
  /** Objects that were read completely. */
  readonly objects: number;
  readonly bytes: number;
  /** What is damaged or missing, in words; none for a sound folder. */
  readonly errors: readonly string[];
  /** Keys that resources name and that are not in the bucket; they may never have been uploaded. */
  readonly absent: readonly string[];
}

interface Database {
  readonly transaction: number | null;
  readonly errors: readonly string[];
  readonly seen: ReadonlyMap<string, NamedObject>;
  readonly referred: ReadonlySet<string>;
}

const UNKNOWN: Omit<Database, "errors"> = {
  transaction: null,
  seen: new Map(),
  referred: new Set(),
};

/** All of it in one state of the database. */
const readDatabase = (file: string, database: DatabaseSync, bucket: string): Database => {
  database.exec("BEGIN");
  const integrity = integrityErrors(database);
  if (integrity.length > 0) {
    return { ...UNKNOWN, errors: integrity.map((error) => `${file}: ${error}`) };
  }
  return {
    transaction: lastTransaction(database)?.transaction ?? null,
    errors: brokenInvariants(database).map((error) => `${file}: ${error}`),
    seen: new Map([...seenObjects(database)].map((each) => [each.key, each])),
    referred: new Set(referredKeys(database, bucket)),
  };
};

const checkDatabase = (file: string, bucket: string): Database => {
  try {
    requireWhole(file);
    return reading(file, (database) => readDatabase(file, database, bucket));
  } catch (error) {
    if (error instanceof OperatorError) return { ...UNKNOWN, errors: [reasonOf(error)] };
    throw error;
  }
};

const digestBlob = async (
  path: string,
  whole: ReturnType<typeof createHash>,
): Promise<{ readonly bytes: number; readonly md5: string }> => {
  const own = createHash("md5");
  let bytes = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 1_048_576 })) {
    const part = piece as Buffer;
    own.update(part);
    whole.update(part);
    bytes += part.length;
  }
  return { bytes, md5: own.digest("hex") };
};

const blobError = async (
  folder: string,
  blob: Blob,
  whole: ReturnType<typeof createHash>,
): Promise<string | undefined> => {
  const path = join(folder, blob.id);
  if (!existsSync(path)) return `its bytes are missing: ${path}`;
  const found = await digestBlob(path, whole);
  if (found.bytes !== blob.bytes) return `${path} has ${found.bytes} of ${blob.bytes} bytes`;
  return found.md5 === blob.md5 ? undefined : `${path} is damaged: another digest`;
};

const objectError = async (
  folder: string,
  { blobs, bytes }: StoredObject,
  seen: NamedObject | undefined,
): Promise<string | undefined> => {
  const whole = createHash("sha256");
  for (const blob of blobs) {
    const error = await blobError(folder, blob, whole);
    if (error !== undefined) return error;
  }
  if (typeof seen?.bytes === "number" && seen.bytes !== bytes) {
    return `it has ${bytes} bytes; the database says ${seen.bytes}`;
  }
  const isOther = typeof seen?.sha256 === "string" && seen.sha256 !== whole.digest("hex");
  return isOther ? "its digest is not the one in the database" : undefined;
};

const isThere = (file: string, { key, blobs }: StoredObject): boolean =>
  objectAt(file, key)?.blobs[0]?.id === blobs[0]?.id;

const checkFolder = async (
  data: string,
  seen: ReadonlyMap<string, NamedObject>,
): Promise<CheckedBucket> => {
  const file = bucketFile(data);
  const errors: string[] = [];
  const keys = new Set<string>();
  let bytes = 0;
  for (let key = "", page = objectsAfter(file, key); page.length > 0;) {
    for (const object of page) {
      const error = await objectError(blobFolder(data), object, seen.get(object.key));
      keys.add(object.key);
      bytes += object.bytes;
      // An object that was removed while it was read is no error.
      if (error !== undefined && isThere(file, object)) errors.push(`${object.key}: ${error}`);
    }
    key = page.at(-1)?.key ?? "";
    page = objectsAfter(file, key);
  }
  const has = async (key: string): Promise<boolean> =>
    keys.has(key) || objectAt(file, key) !== undefined;
  return { objects: keys.size, bytes, errors, has };
};

const bucketErrors = (file: string): readonly string[] => {
  if (!existsSync(file)) return [];
  try {
    requireWhole(file);
    return reading(file, integrityErrors).map((error) => `${file}: ${error}`);
  } catch (error) {
    if (error instanceof OperatorError) return [reasonOf(error)];
    throw error;
  }
};

/** An upload that was finished, and not removed, while the bucket was read. */
const stillSeen = (file: string, key: string): boolean =>
  reading(file, (database) => [...seenObjects(database)].some((each) => each.key === key));

const lackingOf = async (
  keys: Iterable<string>,
  { has }: CheckedBucket,
): Promise<readonly string[]> => {
  const lacking: string[] = [];
  for (const key of keys) if (!(await has(key))) lacking.push(key);
  return lacking;
};

/**
 * Checks the database (integrity, a closed history, whole transactions) and reads every object
 * completely.
 *
 * @param folder the server's folder.
 * @param settings of the server; needed when its objects are in an S3 store.
 * @throws {OperatorError} when it holds no data, or the store cannot be reached.
 */
export async function check(folder: string, settings: () => Settings): Promise<CheckReport> {
  const home = homeOf(folder);
  const { data } = home;
  const file = databaseFile(data);
  if (!existsSync(file)) throw new OperatorError(`${folder} holds no data of a server.`);
  const store = storeOf(home, settings);
  const database = checkDatabase(file, store?.bucket ?? BUCKET_NAME);
  const damage = store === undefined ? bucketErrors(bucketFile(data)) : [];
  const { transaction } = database;
  if (damage.length > 0) {
    const errors = [...database.errors, ...damage];
    return { transaction, objects: 0, bytes: 0, errors, absent: [] };
  }
  const bucket = await (store === undefined
    ? checkFolder(data, database.seen)
    : checkStore(store, database.seen));
  const { objects, bytes, errors } = bucket;
  const missing = (await lackingOf(database.seen.keys(), bucket))
    .filter((key) => stillSeen(file, key))
    .map((key) => `${key}: the database names it, and it is not in the bucket`);
  const referred = [...database.referred].filter((key) => !database.seen.has(key));
  const absent = await lackingOf(referred, bucket);
  return {
    transaction,
    objects,
    bytes,
    errors: [...database.errors, ...errors, ...missing],
    absent,
  };
}
