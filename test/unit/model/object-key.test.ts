import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  basePathError,
  destinationError,
} from "../../../src/surfaces/harvest/operations/bucket.ts";
import { keyOf } from "../../../src/surfaces/harvest/language/destination.ts";
import {
  harvestPrefix,
  isAddressable,
  isGroup,
  isKey,
  isOwnerId,
  isReservedPrefix,
  prefixesMeet,
} from "../../../src/model/object-key.ts";
import { exportKey, uploadKey } from "../../../src/objects/key.ts";
import { runs } from "../../support/run/figures.ts";

const SEGMENTS = [
  "a",
  "b",
  "ab",
  "A",
  "é",
  "e\u0301",
  "ａ",
  "a%2Fb",
  "%61",
  "..",
  ".",
  "",
  "exports",
];

const segment = fc.oneof(
  fc.constantFrom(...SEGMENTS),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 4 }),
);

/** Any string, as a candidate for a prefix of keys. */
const prefix = fc.oneof(
  fc.array(segment, { minLength: 1, maxLength: 4 }).map((list) => list.join("/")),
  fc.string({ unit: "binary", maxLength: 12 }).map((text) => text.toWellFormed()),
);

const options = { numRuns: runs(3_000) };

describe("two prefixes", () => {
  test.each([
    ["a", "a", true],
    ["a", "a/b", true],
    ["a", "ab", false],
    ["a/b", "a/c", false],
    ["/a/", "a", true],
    ["a//b", "a/b/c", true],
    ["a/./b", "a/b", true],
    ["A", "a/b", true],
    ["caf\u00e9", "cafe\u0301/x", true],
    ["ａ", "a", true],
    ["a%2Fb", "a/b/c", true],
    ["a%2Fb", "a/c", false],
    ["%61", "a/b", true],
    ["", "anything", true],
    ["100%", "100%/b", true],
  ])("%j and %j overlap: %j", (one, other, meet) => {
    expect([prefixesMeet(one, other), prefixesMeet(other, one)]).toEqual([meet, meet]);
  });

  test("overlap whenever a key can be below both", () => {
    fc.assert(
      fc.property(prefix, prefix, segment, (one, more, last) => {
        const other = `${one}/${more}`;
        expect(prefixesMeet(one, other)).toBe(true);
        expect(prefixesMeet(other, `${other}/${last}`)).toBe(true);
      }),
      options,
    );
  });

  test("that do not overlap have no key in common", () => {
    fc.assert(
      fc.property(prefix, prefix, prefix, prefix, (one, other, rest, end) => {
        if (prefixesMeet(one, other)) return;
        expect(`${one}/${rest}`).not.toBe(`${other}/${end}`);
        expect(`${one}/${rest}`.startsWith(`${other}/`)).toBe(false);
      }),
      options,
    );
  });
});

describe("reserved prefixes", () => {
  test("overlap no group, no owner of sources and no base path of a harvest", () => {
    const keys = [exportKey("0199c4a0-0000-7000-8000-000000000000", 1, "image.parquet")];
    expect(keys.filter(isAddressable)).toEqual([]);
    fc.assert(
      fc.property(prefix, (text) => {
        const isAdmitted = isGroup(text) || isOwnerId(text) || basePathError(text) === undefined;
        if (!isAdmitted) return;
        for (const key of keys) expect(prefixesMeet(text, key)).toBe(false);
      }),
      options,
    );
  });

  test.each(["exports", "EXPORTS", "ｅxports", "%65xports", "exports/a", "/exports"])(
    "include %j, however it is written",
    (text) => {
      expect(isReservedPrefix(text)).toBe(true);
    },
  );

  test.each(["exports2", "my-exports", "a/exports", "export"])("do not include %j", (text) => {
    expect(isReservedPrefix(text)).toBe(false);
  });
});

describe("a destination of a harvest", () => {
  const unused = { harvest: false, uploads: false, sources: false };

  test("is a key below its own first segment, or is refused", () => {
    fc.assert(
      fc.property(prefix, (text) => {
        const found = destinationError(text, new Map());
        const key = keyOf(text);
        if (found !== undefined) return;
        expect(isKey(key)).toBe(true);
        expect(isReservedPrefix(harvestPrefix(text) ?? "")).toBe(false);
        expect(key.startsWith(`${harvestPrefix(text)}`)).toBe(true);
      }),
      options,
    );
  });

  test("below a segment with uploads or sources is refused, unless a harvest was there first", () => {
    const of = (use: Partial<typeof unused>) =>
      destinationError("/a/MR 3/1.dcm", new Map([["a", { ...unused, ...use }]]));
    expect(of({})).toBeUndefined();
    expect(of({ uploads: true })).toBeDefined();
    expect(of({ sources: true })).toBeDefined();
    expect(of({ uploads: true, harvest: true })).toBeUndefined();
  });

  test("is never that of an upload: a group with harvested files below it is refused", () => {
    const id = "0199c4a0-0000-7000-8000-000000000000";
    fc.assert(
      fc.property(prefix, segment, (text, name) => {
        if (!isGroup(text) || destinationError(`${text}/x`, new Map()) !== undefined) return;
        // The first segment distinguishes both.
        expect(harvestPrefix(uploadKey(text, id, name))).toBe(text);
      }),
      options,
    );
  });
});
