import { expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { compareText, isObject, matches } from "../../model/filter.ts";
import type { FieldKind } from "../../model/types.ts";

const holds = (filter: JsonObject, row: JsonObject, kind: FieldKind = "json"): boolean =>
  matches(filter, (path) => ({
    value: path
      .split(".")
      .reduce<Json | undefined>((outer, name) => (isObject(outer) ? outer[name] : undefined), row),
    kind,
  }));

test("null equals absent, never compares, and is matched by every negation", () => {
  for (const row of [{}, { n: null }]) {
    expect(holds({ n: null }, row)).toBe(true);
    expect(holds({ n: { eq: 1 } }, row)).toBe(false);
    expect(holds({ n: { lt: 1 } }, row)).toBe(false);
    expect(holds({ n: { ne: 1 } }, row)).toBe(true);
    expect(holds({ n: { nin: [1] } }, row)).toBe(true);
    expect(holds({ not: { n: { gt: 1 } } }, row)).toBe(true);
    expect(holds({ n: { exists: false } }, row)).toBe(true);
  }
});

test("empty forms: `and` holds, `or` and `in` do not", () => {
  expect(holds({ and: [] }, {})).toBe(true);
  expect(holds({ or: [] }, {})).toBe(false);
  expect(holds({ n: { in: [] } }, { n: 1 })).toBe(false);
  expect(holds({}, {})).toBe(true);
});

test("values of different types never compare", () => {
  expect(holds({ n: { gt: "1" } }, { n: 2 })).toBe(false);
  expect(holds({ n: { lte: 2 } }, { n: true })).toBe(false);
  expect(holds({ n: 1 }, { n: "1" })).toBe(false);
});

test("like is case-sensitive over the whole string with an escape; ilike folds only ASCII", () => {
  const row = { s: "a%b" };
  expect(holds({ s: { like: "a%" } }, row)).toBe(true);
  expect(holds({ s: { like: "a\\%b" } }, row)).toBe(true);
  expect(holds({ s: { like: "a\\_b" } }, row)).toBe(false);
  expect(holds({ s: { like: "A%" } }, row)).toBe(false);
  expect(holds({ s: { ilike: "A%" } }, row)).toBe(true);
  expect(holds({ s: { ilike: "Ä" } }, { s: "ä" })).toBe(false);
  expect(holds({ s: { like: "_" } }, { s: "\u{1F600}" })).toBe(true);
});

test("contains is a substring of a string and a member of a list", () => {
  expect(holds({ s: { contains: "b" } }, { s: "abc" })).toBe(true);
  expect(holds({ s: { contains: "b" } }, { s: ["abc"] })).toBe(false);
  expect(holds({ s: { contains_any: ["x", "y"] } }, { s: ["y"] })).toBe(true);
  expect(holds({ s: { contains_all: ["x", "y"] } }, { s: ["y"] })).toBe(false);
  expect(holds({ s: { contains_all: [] } }, { s: [] })).toBe(true);
  expect(holds({ s: { contains_all: [] } }, {})).toBe(false);
});

test("strings are ordered by code point, instants by time", () => {
  expect(compareText("\uFFFD", "\u{1F600}")).toBeLessThan(0);
  expect(compareText("A", "a")).toBeLessThan(0);
  expect(compareText("a", "ab")).toBeLessThan(0);
  const row = { t: "2026-01-01T00:00:00.000000Z" };
  expect(holds({ t: "2026-01-01T01:00:00+01:00" }, row, "datetime")).toBe(true);
  expect(holds({ t: { lt: "2026-01-01T00:00:00.000001Z" } }, row, "datetime")).toBe(true);
});

test("several operators and several members must all hold", () => {
  expect(holds({ n: { gte: 1, lt: 3 }, s: "x" }, { n: 2, s: "x" })).toBe(true);
  expect(holds({ n: { gte: 1, lt: 2 }, s: "x" }, { n: 2, s: "x" })).toBe(false);
  expect(holds({ n: { between: [2, 3] } }, { n: 2 })).toBe(true);
  expect(holds({ "d.a.b": { starts_with: "x" } }, { d: { a: { b: "xy" } } })).toBe(true);
});
