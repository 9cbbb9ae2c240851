/** Settings of the bucket. */
import { PLACEHOLDER } from "../identity/settings.ts";
import { parseEndpoint } from "./endpoint.ts";

/** A name that needs no encoding in a URL's path or a credential: visible ASCII, no delimiters. */
const parseName = (text: string): string => {
  if (!/^[A-Za-z0-9._~+=-]{3,512}$/.test(text)) {
    throw new Error("must be 3 or more letters, digits or `._~+=-`");
  }
  return text;
};

const parseS3Secret = (text: string): string => {
  if (PLACEHOLDER.test(text)) throw new Error("is an example; choose a value of your own");
  if (!/^[\x21-\x7e]{8,512}$/.test(text))
    throw new Error("must be 8 or more visible ASCII characters");
  return text;
};

/** The settings; the documentation lists them from here. */
export const BUCKET_SETTINGS = {
  s3Endpoint: {
    name: "S3_ENDPOINT",
    kind: "variable" as const,
    fallback: { development: "http://127.0.0.1:8787/cdn-cgi/local/r2/s3", production: null },
    meaning:
      "Address of the bucket's S3 API, without the bucket; presigned URLs point there. In development: that of the Worker itself.",
    parse: parseEndpoint,
  },
  s3Bucket: {
    name: "S3_BUCKET",
    kind: "variable" as const,
    fallback: { development: "vxdata", production: null },
    meaning: "Name of the bucket, the same that the Worker is bound to as `BUCKET`.",
    parse: parseName,
  },
  s3AccessKeyId: {
    name: "S3_ACCESS_KEY_ID",
    kind: "secret" as const,
    fallback: { development: "local-key", production: null },
    meaning: "Id of the S3 key that signs presigned URLs; it may read and write this bucket alone.",
    parse: parseName,
  },
  s3SecretAccessKey: {
    name: "S3_SECRET_ACCESS_KEY",
    kind: "secret" as const,
    fallback: { development: "local-secret", production: null },
    meaning: "Secret of that key.",
    parse: parseS3Secret,
  },
  s3Region: {
    name: "S3_REGION",
    kind: "variable" as const,
    fallback: "auto",
    meaning:
      "Region that requests to the bucket are signed for; `auto` fits R2 and stores that ask for none.",
    parse: parseName,
  },
};
