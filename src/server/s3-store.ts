/** An S3 store in place of the bucket in the data folder: which one, and how to reach it. */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { BUCKET_SETTINGS } from "../config/bucket.ts";
import type { S3Access } from "../objects/presign.ts";
import { s3Bucket, type S3Bucket } from "../objects/s3/bucket.ts";
import type { Settings } from "./dotenv.ts";
import type { Home } from "./layout.ts";
import { reasonOf, OperatorError } from "./operator-error.ts";

const { s3Endpoint, s3Bucket: bucketName, s3AccessKeyId } = BUCKET_SETTINGS;
const { s3SecretAccessKey, s3Region } = BUCKET_SETTINGS;

const read = (
  settings: Settings,
  { name, parse }: { readonly name: string; readonly parse: (text: string) => string },
  otherwise?: string,
): string => {
  const text = settings[name] ?? otherwise ?? "";
  if (text === "") throw new OperatorError(`${name} is missing: it belongs to ${s3Endpoint.name}.`);
  try {
    return parse(text);
  } catch (error) {
    throw new OperatorError(`${name} ${reasonOf(error)}.`, { cause: error });
  }
};

/**
 * The S3 store that settings choose; undefined: the bucket is in the data folder.
 *
 * @throws {OperatorError} naming the setting that is missing or invalid.
 */
export function storeIn(settings: Settings): S3Access | undefined {
  if ((settings[s3Endpoint.name] ?? "") === "") {
    if ((settings[bucketName.name] ?? "") === "") return undefined;
    throw new OperatorError(
      `${bucketName.name}: the bucket in the data folder has a name of its own. ${s3Endpoint.name} is missing, or remove the setting.`,
    );
  }
  return {
    endpoint: read(settings, s3Endpoint),
    bucket: read(settings, bucketName),
    accessKeyId: read(settings, s3AccessKeyId),
    secretAccessKey: read(settings, s3SecretAccessKey),
    region: read(settings, s3Region, s3Region.fallback),
  };
}

/** A program that copies has more time than a request. */
const PATIENCE = {
  tries: 5,
  answerMillis: 30_000,
  bodyMillis: 300_000,
  pieceMillis: 60_000,
  pauseMillis: 300,
} as const;

/**
 * Node has no cache; with its default it adds `Cache-Control` to a conditional request, which a
 * store would keep with the object. The types are the Worker's, which has no such mode.
 */
const UNCHANGED: object = { cache: "force-cache" };

/** The bucket of a store. */
export function openStore(access: S3Access): S3Bucket {
  return s3Bucket(access, (url, init) => fetch(url, { ...init, ...UNCHANGED }), PATIENCE);
}

/** The name of a store in messages. */
export function storeName({ endpoint, bucket }: Pick<S3Access, "endpoint" | "bucket">): string {
  return `${endpoint}/${bucket}`;
}

/** Which store holds the objects of a folder. */
export interface StoreRecord {
  readonly endpoint: string;
  readonly bucket: string;
  /** The record in the bucket too: which folder it belongs to. */
  readonly owner: string;
}

/** A new one. */
export function newRecord({ endpoint, bucket }: S3Access): StoreRecord {
  return { endpoint, bucket, owner: randomUUID() };
}

/**
 * The record of a folder; undefined: its objects are in it.
 *
 * @throws {OperatorError} when it cannot be read.
 */
export function readRecord({ store }: Pick<Home, "store">): StoreRecord | undefined {
  if (!existsSync(store)) return undefined;
  try {
    return JSON.parse(readFileSync(store, "utf8")) as StoreRecord;
  } catch (error) {
    throw new OperatorError(`${store} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

/** Writes the record of a folder; undefined: its objects are in it. */
export function writeRecord({ store }: Pick<Home, "store">, record: StoreRecord | undefined): void {
  if (record === undefined) return rmSync(store, { force: true });
  const fresh = `${store}.new`;
  writeFileSync(fresh, `${JSON.stringify(record)}\n`, { mode: 0o600, flush: true });
  return renameSync(fresh, store);
}

/** True when a record is about this store. */
export function isRecorded(record: StoreRecord | undefined, access: S3Access): boolean {
  return record?.endpoint === access.endpoint && record.bucket === access.bucket;
}

/**
 * The store that holds the objects of a folder; undefined: they are in it.
 *
 * @param settings are needed only when there is one.
 * @throws {OperatorError} when the settings name another one, or none.
 */
export function storeOf(home: Home, settings: () => Settings): S3Access | undefined {
  const record = readRecord(home);
  if (record === undefined) return undefined;
  const access = storeIn(settings());
  if (access !== undefined && isRecorded(record, access)) return access;
  throw new OperatorError(
    `The objects of this folder lie in ${storeName(record)}, and the settings name ${access === undefined ? "no S3 store" : storeName(access)}.`,
  );
}
