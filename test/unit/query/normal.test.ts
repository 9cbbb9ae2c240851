import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALWAYS, not, type Condition } from "../../../src/query/condition.ts";
import { normalise } from "../../../src/query/normal.ts";
import { keyPath } from "../../../src/query/path.ts";
import { conditions } from "../../support/generators/conditions.ts";

const a: Condition = { kind: "exists", path: keyPath("a") };
const b: Condition = { kind: "exists", path: keyPath("b") };

const equal = (name: string, value: number): Condition => ({
  kind: "compare",
  path: keyPath(name),
  op: "eq",
  value,
});

const oneOf = (name: string, ...values: readonly number[]): Condition => ({
  kind: "in",
  path: keyPath(name),
  values,
});

const and = (...of: readonly Condition[]): Condition => ({ kind: "and", of });
const or = (...of: readonly Condition[]): Condition => ({ kind: "or", of });

const FORMS: readonly (readonly [string, Condition, Condition])[] = [
  ["a double negation", not(not(a)), a],
  ["not of and", not(and(a, b)), or(not(a), not(b))],
  ["not of or", not(or(a, not(b))), and(not(a), b)],
  ["and inside and", and(a, and(b, and())), and(a, b)],
  ["one part", and(or(and(a))), a],
  ["and of nothing", and(), ALWAYS],
  ["or of nothing", or(), or()],
  ["not of and of nothing", not(and()), or()],
  ["and with what never holds", and(a, or()), or()],
  ["or with what always holds", or(a, not(or())), ALWAYS],
  ["ne", { ...equal("a", 1), op: "ne" } as Condition, not(equal("a", 1))],
  ["not ne", not({ ...equal("a", 1), op: "ne" } as Condition), equal("a", 1)],
  [
    "none",
    { kind: "contains", path: keyPath("a"), quantifier: "none", values: [1] },
    not({ kind: "contains", path: keyPath("a"), quantifier: "any", values: [1] }),
  ],
  [
    "inside element",
    { kind: "element", path: keyPath("a"), condition: not(not(b)) },
    { kind: "element", path: keyPath("a"), condition: b },
  ],
  [
    "alternative equalities of one path",
    or(equal("a", 1), b, oneOf("a", 2, 1), equal("c", 1)),
    or(oneOf("a", 1, 2), b, equal("c", 1)),
  ],
  [
    "denied equalities of one path",
    and(not(equal("a", 1)), b, not(or(equal("a", 2), b))),
    and(not(oneOf("a", 1, 2)), b, not(b)),
  ],
  ["equalities together", and(equal("a", 1), equal("a", 2)), and(equal("a", 1), equal("a", 2))],
  [
    "denied alternatives",
    or(not(equal("a", 1)), not(equal("a", 2))),
    or(not(equal("a", 1)), not(equal("a", 2))),
  ],
];

/** The kinds below a condition, each with the kind of its parent. */
const edges = (condition: Condition): readonly string[] => {
  if (condition.kind === "element") return edges(condition.condition);
  const inner =
    condition.kind === "and" || condition.kind === "or"
      ? condition.of
      : condition.kind === "not"
        ? [condition.of]
        : [];
  return inner.flatMap((each) => [`${condition.kind} ${each.kind}`, ...edges(each)]);
};

describe("normalise", () => {
  it.each(FORMS)("%s", (_, given, expected) => {
    expect(normalise(given)).toEqual(expected);
  });

  it("keeps negation only before leaves, and no list inside one of its own kind", () => {
    const refused = new Set([
      "not and",
      "not or",
      "not not",
      "not true",
      "and and",
      "or or",
      "and true",
      "or true",
    ]);
    fc.assert(
      fc.property(conditions, (condition) => {
        expect(edges(normalise(condition)).filter((edge) => refused.has(edge))).toEqual([]);
      }),
    );
  });

  it("is idempotent", () => {
    fc.assert(
      fc.property(conditions, (condition) => {
        const once = normalise(condition);
        expect(normalise(once)).toEqual(once);
      }),
    );
  });
});
