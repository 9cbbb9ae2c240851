/** Checks whether a bucket can be reached with a key. */
import { AwsV4Signer } from "aws4fetch";
import type { S3Access } from "./presign.ts";

const LIMIT_MILLIS = 5_000;

/**
 * Lists one object of a bucket.
 * @throws {Error} with the reason, without any secret.
 */
export async function probeBucket(
  { endpoint, bucket, accessKeyId, secretAccessKey, region }: S3Access,
  send: typeof fetch,
): Promise<void> {
  const signer = new AwsV4Signer({
    url: `${endpoint}/${encodeURIComponent(bucket)}?list-type=2&max-keys=1`,
    accessKeyId,
    secretAccessKey,
    service: "s3",
    region,
  });
  const { url, method, headers } = await signer.sign();
  const signal = AbortSignal.timeout(LIMIT_MILLIS);
  const response = await send(url, { method, headers, redirect: "manual", signal });
  await response.text();
  if (!response.ok) throw new Error(`The bucket answered ${response.status}`);
}
