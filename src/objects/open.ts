/** Which bucket an installation has. */
import type { Bucket } from "./bucket.ts";
import type { S3Access } from "./presign.ts";
import { r2Bucket } from "./r2.ts";
import { s3Bucket } from "./s3/bucket.ts";

/** The settings of the bucket. */
export interface BucketSettings {
  readonly s3Endpoint: string;
  readonly s3Bucket: string;
  readonly s3AccessKeyId: string;
  readonly s3SecretAccessKey: string;
  readonly s3Region: string;
}

/** How a Worker reaches its bucket: by its binding, or by the network when it is in an S3 store. */
export interface BucketBindings {
  readonly BUCKET: R2Bucket;
  readonly STORE?: Fetcher;
}

/** Address and key of the bucket for S3 requests. */
export function accessOf(settings: BucketSettings): S3Access {
  return {
    endpoint: settings.s3Endpoint,
    bucket: settings.s3Bucket,
    accessKeyId: settings.s3AccessKeyId,
    secretAccessKey: settings.s3SecretAccessKey,
    region: settings.s3Region,
  };
}

/** The bucket of a Worker. */
export function openBucket({ BUCKET, STORE }: BucketBindings, settings: BucketSettings): Bucket {
  if (STORE === undefined) return r2Bucket(BUCKET);
  return s3Bucket(accessOf(settings), (url, init) => STORE.fetch(url, init));
}
