import { describe, expect, test } from "vitest";
import { s3Bucket } from "../../src/objects/s3/bucket.ts";
import { proveBucket } from "../../src/objects/s3/prove.ts";
import { BUCKET_GUARANTEES, expectBucket } from "../support/checks/bucket-contract.ts";
import { sharedUrl } from "../support/servers/shared-url.ts";

const bucket = s3Bucket(
  {
    accessKeyId: "local-key",
    secretAccessKey: "local-secret",
    endpoint: `${sharedUrl()}/cdn-cgi/local/r2/s3`,
    bucket: "vxdata",
    region: "auto",
  },
  fetch,
);

describe("the S3 endpoint of a local bucket", () => {
  test.for(BUCKET_GUARANTEES)("%s", async (name) => {
    await expectBucket(bucket, name);
  });

  test("can be the object store of another server", async () => {
    await expect(proveBucket(bucket, crypto.randomUUID())).resolves.toBeUndefined();
  });
});
