import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createSha256 } from "../../../src/client/index.ts";

const expected = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

test("the digest equals that of Node, whatever the pieces", () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 });
  fc.assert(
    fc.property(pieces, (parts) => {
      const digest = createSha256();
      for (const part of parts) digest.update(part);
      expect(digest.hex()).toBe(expected(Buffer.concat(parts)));
    }),
  );
});

test("the digest equals that of Node at every length around a block", () => {
  for (let length = 0; length <= 130; length += 1) {
    const bytes = new Uint8Array(length).map((_, index) => index);
    const digest = createSha256();
    digest.update(bytes);
    expect(digest.hex()).toBe(expected(bytes));
  }
});
