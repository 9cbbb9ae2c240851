import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/model/json.ts";
import { dottedPath, keyPath, type Segment } from "../../../src/query/path.ts";
import { isIndex, resolve, rootPlace } from "../../../src/query/resolve.ts";

const DOCUMENT: Json = {
  subject: "P-07",
  tags: ["chest", "contrast"],
  empty: [],
  nothing: null,
  grid: [[1, 2], [3], [], 4],
  site: { city: "Turku", geo: { lat: 60.4 } },
  series: [
    { uid: "A", kv: 80, files: [{ path: "a1" }, { path: "a2" }] },
    { uid: "B", kv: null },
    "no object",
  ],
};

const key = (name: string): Segment => ({ kind: "key", name });
const index = (position: number): Segment => ({ kind: "index", index: position });
const ANY: Segment = { kind: "any" };
const SIZE: Segment = { kind: "size" };
const PARENT: Segment = { kind: "parent" };

const values = (...segments: readonly Segment[]): readonly Json[] =>
  resolve(segments, rootPlace(DOCUMENT)).map(({ value }) => value);

describe("resolve", () => {
  it("returns the start without segments", () => {
    expect(values()).toEqual([DOCUMENT]);
  });

  it("takes an integer as a name in objects and as a position in arrays", () => {
    const document = { list: ["a", ["b"]], object: { 1: { 0: "c" }, 9: "d" } };
    const found = (...names: readonly string[]): readonly Json[] =>
      resolve(dottedPath(names[0] ?? "", names.slice(1)).segments, rootPlace(document)).map(
        ({ value }) => value,
      );
    expect(found("list", "1", "0")).toEqual(["b"]);
    expect(found("object", "1", "0")).toEqual(["c"]);
    expect(found("object", "9")).toEqual(["d"]);
    expect(found("list", "9")).toEqual([null]);
    expect(found("list", "01")).toEqual([null]);
    expect(found("object", "length")).toEqual([null]);
  });

  it("follows keys through objects only, and own members only", () => {
    expect(values(key("site"), key("geo"), key("lat"))).toEqual([60.4]);
    expect(values(key("site"), key("unknown"), key("lat"))).toEqual([null]);
    expect(values(key("tags"), key("0"))).toEqual([null]);
    expect(values(key("subject"), key("length"))).toEqual([null]);
    expect(values(key("constructor"))).toEqual([null]);
    expect(values(key("__proto__"))).toEqual([null]);
  });

  it("counts positions from either end of arrays only", () => {
    expect(values(key("tags"), index(0))).toEqual(["chest"]);
    expect(values(key("tags"), index(-1))).toEqual(["contrast"]);
    expect(values(key("tags"), index(-3))).toEqual([null]);
    expect(values(key("tags"), index(2))).toEqual([null]);
    expect(values(key("site"), index(0))).toEqual([null]);
    expect(values(key("tags"), index(0.5))).toEqual([null]);
    expect([0, -1, 2 ** 31, -(2 ** 31), 1.5, NaN].map(isIndex)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it("continues from every element, with null where one has no value", () => {
    expect(values(key("tags"), ANY)).toEqual(["chest", "contrast"]);
    expect(values(key("series"), ANY, key("kv"))).toEqual([80, null, null]);
    expect(values(key("grid"), ANY, ANY)).toEqual([1, 2, 3, null, null]);
  });

  it("finds nothing after the elements of a value without elements", () => {
    for (const name of ["empty", "nothing", "unknown", "subject", "site"]) {
      expect(values(key(name), ANY)).toEqual([null]);
      expect(values(key(name), ANY, SIZE)).toEqual([null]);
      expect(values(key(name), ANY, PARENT)).toEqual([null]);
    }
  });

  it("counts elements, 0 without a value, and nothing for other values", () => {
    expect(values(key("tags"), SIZE)).toEqual([2]);
    expect(values(key("empty"), SIZE)).toEqual([0]);
    expect(values(key("nothing"), SIZE)).toEqual([0]);
    expect(values(key("unknown"), key("deeper"), SIZE)).toEqual([0]);
    expect(values(key("subject"), SIZE)).toEqual([null]);
    expect(values(key("series"), ANY, key("files"), SIZE)).toEqual([2, 0, 0]);
    expect(values(key("tags"), SIZE, SIZE)).toEqual([null]);
  });

  it("goes up to the nearest enclosing object, whatever is on the way", () => {
    expect(values(key("site"), key("geo"), PARENT, key("city"))).toEqual(["Turku"]);
    expect(values(key("series"), ANY, PARENT, key("subject"))).toEqual(["P-07", "P-07", "P-07"]);
    expect(values(key("grid"), ANY, ANY, PARENT, key("subject"))).toEqual([
      "P-07",
      "P-07",
      "P-07",
      null,
      null,
    ]);
    expect(values(key("series"), index(0), key("files"), index(1), PARENT, key("uid"))).toEqual([
      "A",
    ]);
    expect(values(key("unknown"), PARENT, key("subject"))).toEqual(["P-07"]);
    expect(values(PARENT)).toEqual([null]);
    expect(values(key("tags"), PARENT, PARENT, SIZE)).toEqual([null]);
  });

  it("takes a name as it is, dots and brackets included", () => {
    const odd = { "a.b": { "c[0]": 1 } };
    const { segments } = keyPath("a.b", "c[0]");
    expect(resolve(segments, rootPlace(odd)).map(({ value }) => value)).toEqual([1]);
  });
});
