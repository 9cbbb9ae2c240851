// Corner cases that random conditions rarely reach: each is tested in SQL, with the expected rows.
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import type { Condition } from "../../../src/query/condition.ts";
import { matches } from "../../../src/query/matches.ts";
import { keyPath, type Segment } from "../../../src/query/path.ts";
import { compileCondition } from "../../../src/store/compile/condition.ts";
import { documentScope, fill, openDatabase, rowsOf, selected, typedScope } from "./tables.ts";

const SIZE: Segment = { kind: "size" };
const ANY: Segment = { kind: "any" };
const PARENT: Segment = { kind: "parent" };

const ODD = 'odd"name';

const path = (names: readonly string[], ...more: readonly Segment[]) => ({
  segments: [...keyPath(...names).segments, ...more],
});

interface Corner {
  readonly documents: readonly JsonObject[];
  readonly condition: Condition;
  /** Positions of the expected documents. */
  readonly meant: readonly number[];
  /** False when the SQL is not exact. */
  readonly exact?: false;
}

const CORNERS: Readonly<Record<string, Corner>> = {
  "true is not 1 in a list": {
    documents: [{ mixed: [1, true] }, { mixed: [1, 1] }, { mixed: [true] }],
    condition: { kind: "contains", path: keyPath("mixed"), quantifier: "all", values: [1, true] },
    meant: [0],
  },
  "a repeated value counts once": {
    documents: [{ tags: ["a", "b"] }, { tags: ["a", "a"] }, { tags: ["b"] }],
    condition: {
      kind: "contains",
      path: keyPath("tags"),
      quantifier: "all",
      values: ["a", "b", "a", "b"],
    },
    meant: [0],
  },
  "a list of values in JSON text is a text": {
    documents: [{ mixed: "[1]" }, { mixed: [1] }, { mixed: { 0: 1 } }],
    condition: { kind: "compare", path: keyPath("mixed"), op: "eq", value: "[1]" },
    meant: [0],
  },
  "an object with a null member is not one without it": {
    documents: [{ mixed: { a: null } }, { mixed: {} }, { mixed: { b: 1 } }, { mixed: { a: 1 } }],
    condition: { kind: "equals", path: keyPath("mixed"), value: { a: null } },
    meant: [0],
  },
  "nor under a name that no JSON path can spell": {
    documents: [{ mixed: { [ODD]: null } }, { mixed: { other: null } }],
    condition: { kind: "equals", path: keyPath("mixed"), value: { [ODD]: null } },
    meant: [0],
  },
  "a whole payload with a null member": {
    documents: [{ label: null }, { count: null }, {}],
    condition: { kind: "equals", path: { segments: [] }, value: { label: null } },
    meant: [0],
    exact: false,
  },
  "a list is equal in its order": {
    documents: [{ mixed: [1, ["a"], {}] }, { mixed: [["a"], 1, {}] }, { mixed: [1, ["a"], {}, 2] }],
    condition: { kind: "equals", path: keyPath("mixed"), value: [1, ["a"], {}] },
    meant: [0],
  },
  "two missing fields are equal": {
    documents: [{ label: "a", note: "a" }, {}, { label: "a" }, { label: null, note: "b" }],
    condition: { kind: "fields", left: keyPath("label"), op: "eq", right: keyPath("note") },
    meant: [0, 1],
  },
  "the size of what is missing is 0, under any name": {
    documents: [
      { mixed: {} },
      { mixed: { [ODD]: [1] } },
      { mixed: { [ODD]: [] } },
      { mixed: 1 },
      {},
    ],
    condition: { kind: "compare", path: path(["mixed", ODD], SIZE), op: "eq", value: 0 },
    meant: [0, 2, 3, 4],
  },
  "the size of the elements of nothing is none": {
    documents: [{ mixed: [[1]] }, { mixed: [] }, {}, { mixed: [{}] }, { mixed: [null] }],
    condition: { kind: "exists", path: path(["mixed"], ANY, SIZE) },
    meant: [0, 4],
  },
  "parent comes back from any name": {
    documents: [
      { mixed: { [ODD]: 1, a: 2 } },
      { mixed: { a: 2 } },
      { mixed: { [ODD]: { a: 2 } } },
      { mixed: { [ODD]: 1, a: 3 } },
    ],
    condition: {
      kind: "compare",
      path: path(["mixed", ODD], PARENT, { kind: "key", name: "a" }),
      op: "eq",
      value: 2,
    },
    meant: [0, 1],
  },
  "parent of an element is the object around its array": {
    documents: [
      { label: "x", mixed: { a: [["x"]] } },
      { label: "x", mixed: { a: ["y"] } },
      { label: "x", mixed: { a: [] } },
    ],
    condition: {
      kind: "element",
      path: path(["mixed", "a"], ANY),
      condition: {
        kind: "fields",
        left: { segments: [] },
        op: "eq",
        right: path([], PARENT, PARENT, { kind: "key", name: "label" }),
      },
    },
    meant: [0],
  },
  "a prefix ends before U+E000": {
    documents: [
      { label: "\ud7ff" },
      { label: "\ud7ffa" },
      { label: "\ue000" },
      { label: "\ud7fe" },
    ],
    condition: {
      kind: "text",
      path: keyPath("label"),
      where: "starts",
      value: "\ud7ff",
      fold: false,
    },
    meant: [0, 1],
  },
  "a prefix of the last characters has no end": {
    documents: [{ label: "a\u{10ffff}b" }, { label: "b" }, { label: "\u{10ffff}\u{10ffff}" }],
    condition: {
      kind: "text",
      path: keyPath("label"),
      where: "starts",
      value: "\u{10ffff}",
      fold: false,
    },
    meant: [2],
  },
  "a prefix ends at the last character that has a next one": {
    documents: [{ label: "a\u{10ffff}\u{10ffff}b" }, { label: "b" }, { label: "a\u{10ffff}" }],
    condition: {
      kind: "text",
      path: keyPath("label"),
      where: "starts",
      value: "a\u{10ffff}\u{10ffff}",
      fold: false,
    },
    meant: [0],
  },
  "numbers beyond 2^53 in constants are what they are": {
    documents: [
      { dose: 1e21, mixed: 1e21 },
      { dose: 2 ** 53 - 1, mixed: 2 ** 53 - 1 },
      { dose: 1 },
    ],
    condition: {
      kind: "and",
      of: [
        { kind: "compare", path: keyPath("dose"), op: "gt", value: 2 ** 60 },
        { kind: "compare", path: keyPath("mixed"), op: "gte", value: 1e21 },
        { kind: "in", path: keyPath("dose"), values: [1e21, 5e-324] },
      ],
    },
    meant: [0],
  },
  "an empty list of constants": {
    documents: [{ label: "a" }, {}],
    condition: {
      kind: "not",
      of: {
        kind: "or",
        of: [
          { kind: "in", path: keyPath("label"), values: [] },
          { kind: "contains", path: keyPath("tags"), quantifier: "any", values: [] },
        ],
      },
    },
    meant: [0, 1],
  },
};

describe("SQL and `matches` find the same rows when", () => {
  it.each(Object.entries(CORNERS))("%s", (_, { documents, condition, meant, exact }) => {
    const rows = rowsOf(documents);
    const database = openDatabase();
    fill(database, rows);
    const rids = meant.map((position) => position + 1);
    expect(rows.filter((row) => matches(condition, row)).map(({ rid }) => rid)).toEqual(rids);
    for (const scope of [typedScope, documentScope]) {
      // As parameters, and as SQL text.
      for (const copies of [4, 31]) {
        expect(selected({ database, rows }, condition, scope, copies)).toEqual(rids);
      }
      expect(compileCondition(condition, scope).residual === null).toBe(exact ?? true);
    }
  });
});
