import fc from "fast-check";
import { expect, test } from "vitest";
import { AppError } from "../../../src/model/error.ts";
import { parseRange } from "../../../src/http/range.ts";

test("a range is the bytes that it names, cut at the end of the file", () => {
  expect(parseRange("bytes=0-3", 10)).toEqual({ first: 0, last: 3 });
  expect(parseRange("bytes=8-", 10)).toEqual({ first: 8, last: 9 });
  expect(parseRange("bytes=-4", 10)).toEqual({ first: 6, last: 9 });
  expect(parseRange("bytes=-40", 10)).toEqual({ first: 0, last: 9 });
  expect(parseRange("bytes=5-500", 10)).toEqual({ first: 5, last: 9 });
});

test("anything but a single range of bytes means the whole file", () => {
  const headers = [
    undefined,
    "",
    "bytes=",
    "bytes=-",
    "bytes=5-3",
    "bytes=0-1,4-5",
    "items=0-1",
    "x",
  ];
  expect(headers.map((header) => parseRange(header, 10))).toEqual(headers.map(() => null));
});

/** The part, or the error. */
const attempt = (header: string, size: number) => {
  try {
    return parseRange(header, size);
  } catch (error) {
    return error;
  }
};

test("a range beyond the file is refused, any other is within it", () => {
  fc.assert(
    fc.property(fc.nat(30), fc.nat(30), fc.integer({ min: 0, max: 20 }), (first, more, size) => {
      const part = attempt(`bytes=${first}-${first + more}`, size);
      const isRefused = part instanceof AppError && part.code === "range_not_satisfiable";
      expect(isRefused).toBe(first >= size);
      const whole = { first, last: Math.min(first + more, size - 1) };
      expect(isRefused ? whole : part).toEqual(whole);
    }),
  );
});
