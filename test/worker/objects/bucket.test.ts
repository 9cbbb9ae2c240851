import { env } from "cloudflare:test";
import { afterAll, describe, test } from "vitest";
import { r2Bucket } from "../../../src/objects/r2.ts";
import { BUCKET_GUARANTEES, expectBucket, prefixOf } from "../../support/checks/bucket-contract.ts";

/** Other test files use this bucket too. */
afterAll(async () => {
  const bucket = r2Bucket(env.BUCKET);
  for (const name of BUCKET_GUARANTEES) {
    const { objects } = await bucket.list(`${prefixOf(name)}/`);
    await bucket.delete(objects.map(({ key }) => key));
  }
});

describe("the R2 binding", () => {
  test.for(BUCKET_GUARANTEES)("%s", async (name) => {
    await expectBucket(r2Bucket(env.BUCKET), name);
  });
});
