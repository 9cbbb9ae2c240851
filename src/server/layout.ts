/** The paths in a data folder. The runtime chooses the names. */
import { createHash, createHmac } from "node:crypto";
import { join } from "node:path";
import { BUCKET_NAME, DATABASE_ID } from "./platform.ts";

const DATABASES = "miniflare-D1DatabaseObject";
const BUCKETS = "miniflare-R2BucketObject";

/** The name that the runtime gives the file of a Durable Object: its id. */
const fileName = (namespace: string, name: string): string => {
  const key = createHash("sha256").update(namespace).digest();
  const half = (text: string | Buffer): Buffer =>
    createHmac("sha256", key).update(text).digest().subarray(0, 16);
  const first = half(name);
  return `${Buffer.concat([first, half(first)]).toString("hex")}.sqlite`;
};

/** Paths in a data folder, relative to it. */
export const LAYOUT = {
  database: join("d1", DATABASES, fileName(DATABASES, DATABASE_ID)),
  bucket: join("r2", BUCKETS, fileName(BUCKETS, BUCKET_NAME)),
  blobs: join("r2", BUCKET_NAME, "blobs"),
} as const;

/** The file of the database in a data folder; there is none before the first start. */
export function databaseFile(data: string): string {
  return join(data, LAYOUT.database);
}

/** The file that lists the objects of the bucket; there is none before the first object. */
export function bucketFile(data: string): string {
  return join(data, LAYOUT.bucket);
}

/** The folder of the bytes of objects. */
export function blobFolder(data: string): string {
  return join(data, LAYOUT.blobs);
}

/** The content of the folder of `vxdata serve`. */
export interface Home {
  /** The runtime's data, at the place where `wrangler dev --persist-to` has them too. */
  readonly data: string;
  /** Settings and secrets. */
  readonly settings: string;
  /** Which S3 store holds the objects; there is none when they are in the folder. */
  readonly store: string;
  /** Copies of the database, made before migrations. */
  readonly backups: string;
  /** Locked by the server that runs on the folder. */
  readonly lock: string;
}

/** The paths in a folder. */
export function homeOf(folder: string): Home {
  return {
    data: join(folder, "v3"),
    settings: join(folder, "settings.env"),
    store: join(folder, "store.json"),
    backups: join(folder, "backups"),
    lock: join(folder, "lock.sqlite"),
  };
}
