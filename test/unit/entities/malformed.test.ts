import { describe, expect, test } from "vitest";
import type { Json } from "../../../src/model/json.ts";
import { EntityErrorItem } from "../../../src/schema/entity/error.ts";
import { parseProjection, parseSort } from "../../../src/surfaces/entities/language/projection.ts";
import { parseQuery } from "../../../src/surfaces/entities/language/query.ts";
import { parseWindow, sizeOf, within } from "../../../src/surfaces/entities/language/range.ts";
import { parseUpdate } from "../../../src/surfaces/entities/language/update.ts";
import { bodyOfSimpleFind } from "../../../src/surfaces/entities/language/simple-find.ts";
import { READER } from "../../support/fixtures/scan-interpreters.ts";

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof EntityErrorItem) return error.errors[0]?.code ?? "";
    throw error;
  }
  return "none";
};

const leaf = { field: "subject", op: "=", rvalue: "a" };

const nest = (depth: number): Json => (depth === 0 ? leaf : { $not: nest(depth - 1) });

describe("queries that are refused", () => {
  test.each<readonly [Json, string]>([
    [[], "query-api:InvalidQuery"],
    ["subject", "query-api:InvalidQuery"],
    [nest(17), "query-api:InvalidQuery"],
    [{ $or: Array.from({ length: 1_001 }, () => leaf) }, "query-api:InvalidQuery"],
    [{}, "query-api:InvalidComparisonExpression"],
    [{ field: "subject" }, "query-api:InvalidComparisonExpression"],
    [{ field: "subject", op: "=" }, "query-api:InvalidComparisonExpression"],
    [{ field: "subject", op: "like", rvalue: "a" }, "query-api:InvalidComparisonExpression"],
    [{ field: "subject", op: "toString", rvalue: "a" }, "query-api:InvalidComparisonExpression"],
    [{ ...leaf, more: 1 }, "query-api:InvalidComparisonExpression"],
    [{ field: 7, op: "=", rvalue: "a" }, "query-api:InvalidComparisonExpression"],
    [{ field: "subject", op: "$in", values: "a" }, "query-api:InvalidComparisonExpression"],
    [{ field: "subject", op: "=", rvalue: { a: 1 } }, "query-api:InvalidValue"],
    [{ field: "subject", op: "$in", values: [["a"]] }, "query-api:InvalidValue"],
    [{ $and: leaf }, "query-api:InvalidLogicalExpression"],
    [{ $and: [], $or: [] }, "query-api:InvalidLogicalExpression"],
    [{ $not: [] }, "query-api:InvalidQuery"],
    [{ array: "tags" }, "query-api:InvalidArrayComparisonExpression"],
    [
      { array: "tags", contains: "$some", values: [] },
      "query-api:InvalidArrayComparisonExpression",
    ],
    [{ array: "tags", contains: "$any" }, "query-api:InvalidArrayComparisonExpression"],
    [{ field: "subject", regex: "(" }, "query-api:InvalidRegexExpression"],
    [{ field: "subject", regex: 7 }, "query-api:InvalidRegexExpression"],
    [{ field: "subject", regex: "a", options: "g" }, "query-api:InvalidRegexExpression"],
    [{ field: "nothing", op: "=", rvalue: 1 }, "metadata:InvalidFieldReference"],
    [{ field: "site..city", op: "=", rvalue: 1 }, "metadata:InvalidFieldReference"],
    [{ field: "$parent.subject", op: "=", rvalue: 1 }, "metadata:InvalidFieldReference"],
    [{ field: "subject#", op: "=", rvalue: 1 }, "metadata:InvalidFieldReference"],
    [{ field: "tags#.x", op: "=", rvalue: 1 }, "metadata:InvalidFieldReference"],
    [{ field: "subject.x", op: "=", rvalue: 1 }, "metadata:InvalidFieldReference"],
    [{ field: "series.kv", op: "=", rvalue: 1 }, "metadata:InvalidArrayReference"],
    [{ field: "subject.0", op: "=", rvalue: 1 }, "metadata:InvalidArrayReference"],
    [{ field: "site.*", op: "=", rvalue: 1 }, "metadata:InvalidArrayReference"],
    [{ field: "slices", op: "=", rvalue: "many" }, "metadata:IncompatibleValue"],
    [{ field: "subject", op: "=", rvalue: "\0" }, "metadata:IncompatibleValue"],
    [{ field: "acquired", op: "<", rvalue: "2024-03-10" }, "metadata:IncompatibleValue"],
    [{ field: "exact", op: "<", rvalue: 1 }, "mongo-translation:invalid-comparison"],
    [{ field: "site", op: "=", rvalue: "a" }, "mongo-translation:invalid-comparison"],
    [{ field: "tags", op: "=", rvalue: "a" }, "mongo-translation:invalid-comparison"],
    [{ field: "subject", op: "<", rvalue: null }, "mongo-translation:invalid-comparison"],
    [{ field: "subject", op: "=", rfield: "slices" }, "mongo-translation:invalid-comparison"],
    [{ field: "subject", op: "=", rfield: "site" }, "crud:SimpleFieldOrSimpleArrayExpected"],
    [{ field: "slices", op: "=", rfield: "series" }, "crud:SimpleFieldOrSimpleArrayExpected"],
    [{ field: "subject", op: "$in", rfield: "operator" }, "crud:ArrayFieldExpected"],
    [{ array: "subject", contains: "$any", values: [] }, "crud:ArrayFieldExpected"],
    [{ array: "series", contains: "$any", values: [] }, "crud:SimpleArrayExpected"],
    [{ array: "site", elemMatch: leaf }, "crud:ExpectedArray"],
  ])("%j is %s", (query, code) => {
    expect(codeOf(() => parseQuery(query, READER))).toBe(code);
  });

  test("nest at most sixteen deep", () => {
    expect(codeOf(() => parseQuery(nest(16), READER))).toBe("none");
  });
});

describe("projections and sorts that are refused", () => {
  test.each<readonly [Json, string]>([
    [{}, "query-api:InvalidProjection"],
    [[{ include: true }], "query-api:InvalidProjection"],
    ["subject", "query-api:InvalidProjection"],
    [{ field: "a..b" }, "query-api:InvalidProjection"],
    [{ field: "tags", range: [0] }, "query-api:InvalidArrayRangeProjection"],
    [{ field: "tags", range: 3 }, "query-api:InvalidArrayRangeProjection"],
    [{ field: "tags", range: ["a", 1] }, "query-api:InvalidArrayRangeProjection"],
    [{ field: "subject", range: [0, 1] }, "crud:ExpectedArrayElement"],
    [{ field: "series", match: [] }, "query-api:InvalidQuery"],
    [
      { field: "series", match: { field: "x", op: "=", rvalue: 1 } },
      "metadata:InvalidFieldReference",
    ],
  ])("%j is %s", (projection, code) => {
    expect(codeOf(() => parseProjection(projection, READER))).toBe(code);
  });

  test.each<Json>([
    "subject",
    {},
    { subject: "asc" },
    { subject: "$asc", slices: "$desc" },
    [{ tags: "$asc" }],
    { exact: "$asc" },
  ])("the sort %j is query-api:InvalidSort", (sort) => {
    expect(codeOf(() => parseSort(sort, READER))).toBe("query-api:InvalidSort");
  });

  test("an unknown field in a sort is named", () => {
    expect(codeOf(() => parseSort({ nothing: "$asc" }, READER))).toBe(
      "metadata:InvalidFieldReference",
    );
  });
});

describe("updates that are refused", () => {
  test.each<readonly [Json, string]>([
    [null, "query-api:InvalidUpdateExpression"],
    ["$remove", "query-api:InvalidUpdateExpression"],
    [{}, "query-api:InvalidUpdateExpression"],
    [{ $rename: { a: "b" } }, "query-api:InvalidUpdateExpression"],
    [{ $set: { subject: "a" }, $unset: "notes" }, "query-api:InvalidUpdateExpression"],
    [{ $set: {} }, "query-api:InvalidSetExpression"],
    [{ $set: "subject" }, "query-api:InvalidSetExpression"],
    [{ $unset: 7 }, "query-api:InvalidUnsetExpression"],
    [{ $unset: [] }, "query-api:InvalidUnsetExpression"],
    [{ $append: {} }, "query-api:InvalidArrayUpdateExpression"],
    [{ $append: { tags: "a", oldTags: "b" } }, "query-api:InvalidArrayUpdateExpression"],
    [{ $foreach: { tags: "$all" } }, "query-api:InvalidArrayUpdateExpression"],
    [{ $foreach: { $update: "$remove" } }, "query-api:InvalidArrayUpdateExpression"],
    [{ $set: { subject: { $valueof: 7 } } }, "query-api:InvalidRValueExpression"],
    [{ $set: { subject: { $valueof: "tags.*" } } }, "query-api:InvalidRValueExpression"],
    [{ $set: { nothing: 1 } }, "metadata:InvalidFieldReference"],
    [{ $set: { site: { state: "x" } } }, "metadata:InvalidFieldReference"],
    [{ $set: { slices: "many" } }, "metadata:IncompatibleValue"],
    [{ $set: { "series.kv": 1 } }, "metadata:InvalidArrayReference"],
    [{ $set: { "tags.*": "a" } }, "crud:PatternNotExpected"],
    [{ $append: { "series.*.files": {} } }, "crud:PatternNotExpected"],
    [{ $insert: { "tags.*": "a" } }, "crud:PatternNotExpected"],
    [{ $insert: { tags: "a" } }, "crud:InsertionRequiresIndex"],
    [{ $set: { subject: ["a"] } }, "crud:IncompatibleAssignment"],
    [{ $set: { site: "a" } }, "crud:IncompatibleAssignment"],
    [{ $set: { tags: {} } }, "crud:IncompatibleAssignment"],
    [{ $add: { subject: 1 } }, "crud:IncompatibleAssignment"],
    [{ $set: { subject: { $valueof: "slices" } } }, "crud:IncompatibleDereference"],
    [{ $append: { tags: { $valueof: "slices" } } }, "crud:IncompatibleDereference"],
    [{ $set: { _id: "a" } }, "crud:InvalidAssignment"],
    [{ $set: { objectType: "a" } }, "crud:InvalidAssignment"],
    [{ $set: { "tags#": 1 } }, "crud:InvalidAssignment"],
    [{ $unset: "$this" }, "crud:InvalidAssignment"],
    [{ $add: { slices: "many" } }, "crud:ValueExpected"],
    [{ $append: { tags: {} } }, "crud:ValueExpected"],
    [{ $append: { series: "a" } }, "crud:ObjectValueExpected"],
    [{ $append: { subject: "a" } }, "crud:ArrayRequired"],
    [{ $insert: { "site.0": "a" } }, "crud:ArrayRequired"],
    [{ $foreach: { site: "$all", $update: "$remove" } }, "crud:FieldNotArray"],
  ])("%j is %s", (update, code) => {
    expect(codeOf(() => parseUpdate(update, READER))).toBe(code);
  });
});

describe("windows", () => {
  test.each<readonly [Record<string, Json>, readonly number[]]>([
    [{}, [0, 1, 2, 3, 4]],
    [{ range: [1, 2] }, [1, 2]],
    [{ range: [3, null] }, [3, 4]],
    [{ range: [-2, 1] }, [0, 1]],
    [{ range: [2, 1] }, []],
    [{ range: [0, -1] }, []],
    [{ from: 1, to: 2 }, [1, 2]],
    [{ from: 4 }, [4]],
    [{ to: null, from: 3 }, [3, 4]],
    [{ from: 1, maxResults: 2 }, [1, 2]],
    [{ maxResults: 2 }, [0, 1]],
    [{ maxResults: 0 }, []],
    [{ maxResults: -1 }, [0, 1, 2, 3, 4]],
    [{ from: 1, to: 3, maxResults: 1 }, [1, 2, 3]],
    [{ range: [1, 1], from: 0, to: 4 }, [1]],
  ])("%j of five are %j", (request, expected) => {
    const window = parseWindow(request);
    expect(within([0, 1, 2, 3, 4], window)).toEqual(expected);
    const size = sizeOf(window);
    expect(size === null ? expected.length : Math.min(size, 5 - window.from)).toBe(expected.length);
  });

  test.each<Record<string, Json>>([{ range: [1] }, { range: "a" }, { from: "1" }, { to: 1.5 }])(
    "%j is query-api:InvalidRange",
    (request) => {
      expect(codeOf(() => parseWindow(request))).toBe("query-api:InvalidRange");
    },
  );
});

describe("simple finds", () => {
  test("are equivalent to a body", () => {
    const q = "modality:CT,MR;subject:P-07;acquired:20240310T08:30:00.000+0000";
    expect(
      bodyOfSimpleFind({ q, p: "*:1r,site:0", s: "slices:d,subject:a", maxResults: "5" }),
    ).toEqual({
      query: {
        $and: [
          { field: "modality", op: "$in", values: ["CT", "MR"] },
          { field: "subject", op: "=", rvalue: "P-07" },
          { field: "acquired", op: "=", rvalue: "20240310T08:30:00.000+0000" },
        ],
      },
      projection: [
        { field: "*", include: true, recursive: true },
        { field: "site", include: false, recursive: false },
      ],
      sort: [{ slices: "$desc" }, { subject: "$asc" }],
      from: null,
      to: null,
      maxResults: 5,
    });
    expect(bodyOfSimpleFind({ maxResults: "0" })).toMatchObject({
      projection: { field: "*", recursive: true },
      maxResults: null,
    });
  });

  test.each([{ q: "subject" }, { p: "a:2" }, { s: "a:b" }, { from: "x" }])(
    "%j is refused",
    (find) => {
      expect(codeOf(() => bodyOfSimpleFind(find))).toMatch(/^query-api:Invalid/);
    },
  );
});
