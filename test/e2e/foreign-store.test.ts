/** The bucket over an independent S3 server. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { s3Bucket } from "../../src/objects/s3/bucket.ts";
import { proveBucket } from "../../src/objects/s3/prove.ts";
import { BUCKET_GUARANTEES, expectBucket } from "../support/checks/bucket-contract.ts";
import { isInstalled } from "../support/fixtures/required.ts";
import {
  hasSwift,
  startSwift,
  SWIFT_PACKAGES,
  type SwiftStore,
} from "../support/fixtures/swift.ts";

describe.skipIf(!isInstalled(hasSwift(), SWIFT_PACKAGES))("OpenStack Swift", () => {
  let store: SwiftStore;

  beforeAll(async () => {
    store = await startSwift();
  }, 120_000);

  afterAll(() => store.stop());

  test.for(BUCKET_GUARANTEES)("keeps the guarantee: %s", { timeout: 300_000 }, async (name) => {
    await expectBucket(s3Bucket(store.access, fetch), name);
  });

  test("is refused, since it does not support If-None-Match", async () => {
    await expect(proveBucket(s3Bucket(store.access, fetch), "one")).rejects.toThrow(
      "The store does not support If-None-Match",
    );
  });
});
