/** Where things lie in a data folder. The runtime chooses the names. */
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

/** The file that says which objects the bucket holds; there is none before the first object. */
export function bucketFile(data: string): string {
  return join(data, LAYOUT.bucket);
}

/** The folder of the bytes of objects. */
export function blobFolder(data: string): string {
  return join(data, LAYOUT.blobs);
}

/** What `vxdata serve` keeps in the folder that it is given. */
export interface Home {
  /** The runtime's data, where `wrangler dev --persist-to` has them too. */
  readonly data: string;
  /** Settings and secrets. */
  readonly settings: string;
  /** Which S3 store holds the objects; there is none where they lie in the folder. */
  readonly store: string;
  /** Copies of the database, made before migrations. */
  readonly backups: string;
  /** Held by the server that runs on the folder. */
  readonly lock: string;
}

/** The places in a folder. */
export function homeOf(folder: string): Home {
  return {
    data: join(folder, "v3"),
    settings: join(folder, "settings.env"),
    store: join(folder, "store.json"),
    backups: join(folder, "backups"),
    lock: join(folder, "lock.sqlite"),
  };
}
