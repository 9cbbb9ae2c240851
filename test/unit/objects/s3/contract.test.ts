import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { s3Bucket } from "../../../../src/objects/s3/bucket.ts";
import { BUCKET_GUARANTEES, expectBucket } from "../../../support/checks/bucket-contract.ts";
import { type S3Server, startS3 } from "../../../support/servers/s3.ts";

let server: S3Server;

beforeAll(async () => {
  server = await startS3();
});

afterAll(() => server.close());

describe("an S3 store", () => {
  test.for(BUCKET_GUARANTEES)("%s", async (name) => {
    await expectBucket(s3Bucket(server.access, fetch), name);
  });

  test("creates new objects, and does not replace existing ones", async () => {
    const bucket = s3Bucket(server.access, fetch);
    const bytes = new TextEncoder().encode("new");
    expect(await bucket.create("new/one", bytes, { contentType: "text/plain" })).toBe(true);
    expect(await bucket.create("new/one", new TextEncoder().encode("other"))).toBe(false);
    const found = await bucket.get("new/one");
    expect([found?.contentType, await found?.text()]).toEqual(["text/plain", "new"]);
  });
});
