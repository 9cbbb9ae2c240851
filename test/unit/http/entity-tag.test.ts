import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { tagOf } from "../../../src/http/entity-tag.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

describe("tagOf", () => {
  it.each([0, 1, 55, 56, 64, 999, 1_000, 1_001, 100_000])(
    "is the SHA-256 of a string of %d characters, however it is computed",
    (length) => {
      const text = "aß𝄞€".repeat(Math.ceil(length / 5)).slice(0, length);
      expect(tagOf(text)).toBe(`"${sha256(text)}"`);
    },
  );

  it("differs for strings that differ in one character", () => {
    expect(tagOf('["a"]')).not.toBe(tagOf('["b"]'));
  });
});
