/** Presigned URLs (AWS Signature Version 4, in the query) for the bucket's S3 endpoint. */
import { AwsV4Signer } from "aws4fetch";
import { encodedKey } from "./key.ts";

/** Address and key of the bucket for S3 requests. */
export interface S3Access {
  /** Address of the endpoint, without the bucket. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** The region of the store; `auto` for those that need none. */
  readonly region: string;
}

/** What is signed. */
export interface Signing {
  readonly method: "GET" | "PUT";
  readonly key: string;
  readonly expiresIn: number;
  /** Headers that the request must have with exactly these values; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The time of signing. */
  readonly now: Date;
}

const signingDate = (now: Date): string => now.toISOString().replaceAll(/[:-]|\.\d{3}/g, "");

/** The URL that permits this one request until it expires. */
export async function presign(
  { endpoint, bucket, accessKeyId, secretAccessKey, region }: S3Access,
  { method, key, expiresIn, headers = {}, now }: Signing,
): Promise<string> {
  const signer = new AwsV4Signer({
    url: `${endpoint}/${bucket}/${encodedKey(key)}?X-Amz-Expires=${expiresIn}`,
    method,
    headers,
    accessKeyId,
    secretAccessKey,
    service: "s3",
    region,
    datetime: signingDate(now),
    signQuery: true,
    allHeaders: true,
  });
  const { url } = await signer.sign();
  return url.toString();
}
