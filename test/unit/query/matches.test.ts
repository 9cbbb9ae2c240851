// The result of each leaf for values of every kind, including null and missing ones.
import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/model/error.ts";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { and, not, type CompareOperator, type Condition } from "../../../src/query/condition.ts";
import { matches } from "../../../src/query/matches.ts";
import { OPERATORS, positiveOf } from "../../../src/query/operators.ts";
import { columnPath, keyPath, type Path } from "../../../src/query/path.ts";

const holds = (condition: Condition, payload: JsonObject): boolean =>
  matches(condition, {
    column: (name) => (name === "created_at" ? 1_000 : name === "license" ? null : name),
    payload,
  });

/** One value of each kind, and a few that look like another kind. */
const VALUES: Readonly<Record<string, Json>> = {
  null: null,
  true: true,
  false: false,
  zero: 0,
  one: 1,
  big: 1e21,
  empty: "",
  text: "b",
  emoji: "😀",
  private: "\ue000",
  digit: "1",
  word: "true",
  list: ["a", 1, true, null],
  none: [],
  object: { a: 1 },
};

const DOCUMENT: JsonObject = VALUES;

const path = keyPath("it");
const NAMES = [...Object.keys(VALUES), "missing"];

/** The names of the values of which a condition on `it` holds. */
const satisfied = (condition: Condition): readonly string[] =>
  NAMES.filter((name) => holds(condition, name === "missing" ? {} : { it: VALUES[name] ?? null }));

const others = (...names: readonly string[]): readonly string[] =>
  NAMES.filter((name) => !names.includes(name));

const compare = (op: CompareOperator, value: string | number | boolean): Condition => ({
  kind: "compare",
  path,
  op,
  value,
});

const TABLE: Readonly<Record<string, readonly [Condition, readonly string[]]>> = {
  "eq 1": [compare("eq", 1), ["one"]],
  "eq '1'": [compare("eq", "1"), ["digit"]],
  "eq true": [compare("eq", true), ["true"]],
  "eq 'true'": [compare("eq", "true"), ["word"]],
  "ne 1": [compare("ne", 1), others("one")],
  "lt 1": [compare("lt", 1), ["zero"]],
  "lte 1": [compare("lte", 1), ["zero", "one"]],
  "gt 0": [compare("gt", 0), ["one", "big"]],
  "gte true": [compare("gte", true), ["true"]],
  "lt true": [compare("lt", true), ["false"]],
  "gt 'b'": [compare("gt", "b"), ["emoji", "private", "word"]],
  "gt U+E000": [compare("gt", "\ue000"), ["emoji"]],
  "lt 'b'": [compare("lt", "b"), ["empty", "digit"]],
  "equals null": [{ kind: "equals", path, value: null }, ["null", "missing"]],
  "equals []": [{ kind: "equals", path, value: [] }, ["none"]],
  "equals a list": [{ kind: "equals", path, value: ["a", 1, true, null] }, ["list"]],
  "equals an object": [{ kind: "equals", path, value: { a: 1 } }, ["object"]],
  "equals 1": [{ kind: "equals", path, value: 1 }, ["one"]],
  "in of several kinds": [{ kind: "in", path, values: ["1", 0, true] }, ["true", "zero", "digit"]],
  "in of nothing": [{ kind: "in", path, values: [] }, []],
  "not in": [not({ kind: "in", path, values: [1] }), others("one")],
  exists: [{ kind: "exists", path }, others("null", "missing")],
  between: [{ kind: "between", path, low: 0, high: 1 }, ["zero", "one"]],
  "between turned round": [{ kind: "between", path, low: 1, high: 0 }, []],
  "between two kinds": [{ kind: "between", path, low: 0, high: "z" }, []],
  "like %": [
    { kind: "like", path, pattern: "%", fold: false },
    ["empty", "text", "emoji", "private", "digit", "word"],
  ],
  "like _": [
    { kind: "like", path, pattern: "_", fold: false },
    ["text", "emoji", "private", "digit"],
  ],
  ilike: [{ kind: "like", path, pattern: "TR%", fold: true }, ["word"]],
  "contains text": [{ kind: "text", path, where: "contains", value: "ru", fold: false }, ["word"]],
  "starts with nothing": [
    { kind: "text", path, where: "starts", value: "", fold: false },
    ["empty", "text", "emoji", "private", "digit", "word"],
  ],
  "ends folded": [{ kind: "text", path, where: "ends", value: "UE", fold: true }, ["word"]],
  "starts with case": [{ kind: "text", path, where: "starts", value: "T", fold: false }, []],
  match: [
    { kind: "match", path, pattern: "^.$", flags: "" },
    ["text", "emoji", "private", "digit"],
  ],
  "match with a flag": [{ kind: "match", path, pattern: "R", flags: "i" }, ["word"]],
  "contains any": [{ kind: "contains", path, quantifier: "any", values: ["1", true] }, ["list"]],
  "contains any of another kind": [
    { kind: "contains", path, quantifier: "any", values: ["1", false] },
    [],
  ],
  "contains any of nothing": [{ kind: "contains", path, quantifier: "any", values: [] }, []],
  "contains all": [{ kind: "contains", path, quantifier: "all", values: [1, "a", 1] }, ["list"]],
  "contains all of nothing": [
    { kind: "contains", path, quantifier: "all", values: [] },
    ["list", "none"],
  ],
  "contains none": [{ kind: "contains", path, quantifier: "none", values: ["a"] }, others("list")],
  "element true": [{ kind: "element", path, condition: { kind: "true" } }, ["list"]],
  "element null": [
    { kind: "element", path, condition: { kind: "equals", path: { segments: [] }, value: null } },
    ["list"],
  ],
};

describe("a leaf holds for the values that its rule accepts, and its negation for all others:", () => {
  it.each(Object.entries(TABLE))("%s", (_, [condition, expected]) => {
    expect(satisfied(condition)).toEqual(expected);
    expect(satisfied(not(condition))).toEqual(others(...expected));
  });
});

const fields = (left: Path, op: CompareOperator, right: Path): Condition => ({
  kind: "fields",
  left,
  op,
  right,
});

describe("two fields", () => {
  const between = (left: string, op: CompareOperator, right: string): boolean =>
    holds(fields(keyPath(left), op, keyPath(right)), DOCUMENT);

  it("compare within one kind", () => {
    expect(between("zero", "lt", "one")).toBe(true);
    expect(between("one", "lt", "zero")).toBe(false);
    expect(between("private", "lt", "emoji")).toBe(true);
    expect(between("false", "lt", "true")).toBe(true);
    expect(between("one", "eq", "one")).toBe(true);
  });

  it("never compare across kinds, and lists and objects never at all", () => {
    for (const op of ["eq", "lt", "lte", "gt", "gte"] as const) {
      expect(between("one", op, "digit")).toBe(false);
      expect(between("one", op, "true")).toBe(false);
      expect(between("list", op, "list")).toBe(false);
      expect(between("object", op, "object")).toBe(false);
    }
    expect(between("one", "ne", "digit")).toBe(true);
  });

  it("are equal when both are null or missing, and not ordered", () => {
    expect(between("null", "eq", "missing")).toBe(true);
    expect(between("null", "ne", "missing")).toBe(false);
    expect(between("null", "lte", "missing")).toBe(false);
    expect(between("null", "eq", "one")).toBe(false);
    expect(between("one", "ne", "null")).toBe(true);
  });
});

const any = (...names: readonly string[]): Path => ({
  segments: [...keyPath(...names).segments, { kind: "any" }],
});

describe("several values", () => {
  const payload = { scores: [1, 5], tags: ["a", null], none: [], series: [{ kv: 1 }, { kv: 9 }] };

  it("satisfy a leaf when one of them does, and ne when none of them is equal", () => {
    const value = (op: CompareOperator, number: number): Condition => ({
      kind: "compare",
      path: any("scores"),
      op,
      value: number,
    });
    expect(holds(value("gt", 4), payload)).toBe(true);
    expect(holds(value("gt", 5), payload)).toBe(false);
    expect(holds(value("eq", 5), payload)).toBe(true);
    expect(holds(value("ne", 5), payload)).toBe(false);
    expect(holds(value("ne", 2), payload)).toBe(true);
  });

  it("are null where one is null, and when there is none at all", () => {
    const isNull = (of: Path): Condition => ({ kind: "equals", path: of, value: null });
    expect(holds(isNull(any("tags")), payload)).toBe(true);
    expect(holds(isNull(any("none")), payload)).toBe(true);
    expect(holds(isNull(any("scores")), payload)).toBe(false);
    expect(holds({ kind: "exists", path: any("none") }, payload)).toBe(false);
  });

  it("must be satisfied together by one element inside element", () => {
    const both = (low: number, high: number): Condition => ({
      kind: "element",
      path: keyPath("series"),
      condition: and([
        { kind: "compare", path: keyPath("kv"), op: "gte", value: low },
        { kind: "compare", path: keyPath("kv"), op: "lte", value: high },
      ]),
    });
    expect(holds(both(8, 10), payload)).toBe(true);
    expect(holds(both(2, 8), payload)).toBe(false);
  });

  it("reach the enclosing object by parent", () => {
    const document = { subject: "P", series: [{ label: "x" }, { label: "P" }] };
    const condition = (label: string): Condition => ({
      kind: "element",
      path: keyPath("series"),
      condition: fields(keyPath(label), "eq", {
        segments: [{ kind: "parent" }, { kind: "key", name: "subject" }],
      }),
    });
    expect(holds(condition("label"), document)).toBe(true);
    expect(holds(condition("other"), document)).toBe(false);
  });
});

describe("conditions", () => {
  it("read metadata columns, also inside element", () => {
    const created: Condition = {
      kind: "compare",
      path: columnPath("created_at"),
      op: "lte",
      value: 1_000,
    };
    expect(holds(created, {})).toBe(true);
    expect(holds({ kind: "element", path, condition: created }, { it: [0] })).toBe(true);
    expect(holds({ kind: "exists", path: columnPath("license") }, {})).toBe(false);
    expect(
      holds({ kind: "exists", path: { column: "owner", segments: [{ kind: "size" }] } }, {}),
    ).toBe(false);
  });

  it("are true for and of nothing, false for or of nothing", () => {
    expect(holds({ kind: "and", of: [] }, {})).toBe(true);
    expect(holds({ kind: "or", of: [] }, {})).toBe(false);
    expect(holds(not({ kind: "true" }), {})).toBe(false);
  });

  it("refuse a regular expression that is not RE2", () => {
    for (const pattern of ["(", "(?=a)", "\\1", "a".repeat(501)]) {
      const condition: Condition = { kind: "match", path, pattern, flags: "" };
      expect(() => holds(condition, { it: "a" })).toThrow(AppError);
    }
    expect(() => holds({ kind: "match", path, pattern: "a", flags: "g" }, {})).toThrow(AppError);
  });

  it("test a pattern with exponential backtracking in linear time", () => {
    const condition: Condition = { kind: "match", path, pattern: "^(a+)+$", flags: "" };
    const started = performance.now();
    expect(holds(condition, { it: `${"a".repeat(50_000)}!` })).toBe(false);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe("the operator table", () => {
  it("names for every opposite an operator of its own leaf kind with a rule", () => {
    for (const [operator, rule] of Object.entries(OPERATORS)) {
      if (!("not" in rule)) continue;
      expect(rule.not.split(" ")[0]).toBe(operator.split(" ")[0]);
      expect(OPERATORS[rule.not]).toHaveProperty("takes");
    }
  });

  it("turns a leaf into the opposite that it stands for", () => {
    const leaf = { kind: "compare", path, op: "ne", value: 1 } as const;
    expect(positiveOf(leaf)).toMatchObject({ leaf: { ...leaf, op: "eq" }, negated: true });
  });
});
