import { expect, test } from "vitest";
import {
  destinationOf,
  isPathBelow,
  isPathPart,
  keyOf,
} from "../../../src/surfaces/harvest/language/destination.ts";

test.each(["a", "a/b.txt", "ä b/c", "..a/b..", "a/.hidden"])("%j is below the folder", (path) => {
  expect(isPathBelow(path)).toBe(true);
});

test.each(["", "/a", "a/", "a//b", "../a", "a/../b", ".", "a/./b", "a\\..\\b", "a\nb", "a\0b"])(
  "%j leaves the folder",
  (path) => {
    expect(isPathBelow(path)).toBe(false);
  },
);

test("parts of a path cannot leave their folder", () => {
  expect(["MR 3", "a/b", "", "..."].map(isPathPart)).toEqual([true, true, true, true]);
  expect(["..", "a/..", "..\\a", ".", "a\n"].map(isPathPart)).toEqual(Array(5).fill(false));
});

test("a destination is base, instrument and path; its key has no leading slash", () => {
  expect(destinationOf("/data", "MR 3", "a/b")).toBe("/data/MR 3/a/b");
  expect(destinationOf("/data/", "MR 3", "a/b")).toBe("/data/MR 3/a/b");
  expect(destinationOf("", "MR 3", "a")).toBe("/MR 3/a");
  expect(keyOf("/data/MR 3/a")).toBe("data/MR 3/a");
});
