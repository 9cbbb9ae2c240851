// Statements stay within the platform's limits for every condition.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CompareOperator, Condition } from "../../../src/query/condition.ts";
import { matches } from "../../../src/query/matches.ts";
import { keyPath } from "../../../src/query/path.ts";
import { compileCondition } from "../../../src/store/compile/condition.ts";
import type { Scope } from "../../../src/store/compile/scope.ts";
import { join, sql } from "../../../src/store/sql/template.ts";
import { conditions } from "../../support/generators/conditions.ts";
import {
  documentScope,
  fill,
  openDatabase,
  rowsOf,
  samples,
  selected,
  sourceOf,
  typedScope,
  type Sample,
} from "./tables.ts";
import { runs } from "../../support/run/figures.ts";

const SEED = Number(process.env["FC_SEED"] ?? Date.now() % 2 ** 31);

const compare = (
  name: string,
  op: CompareOperator,
  value: string | number | boolean,
): Condition => ({
  kind: "compare",
  path: keyPath(name),
  op,
  value,
});

const label = keyPath("label");

const compares = (count: number): readonly Condition[] =>
  Array.from({ length: count }, (_, position): Condition =>
    position % 2 === 0
      ? compare("count", position % 4 === 0 ? "lt" : "gt", position)
      : compare("label", position % 4 === 1 ? "lt" : "gt", `label ${position}`),
  );

const bytesOf = (value: unknown): number =>
  typeof value === "string" ? new TextEncoder().encode(value).length : 8;

/** Prepares a statement with several copies of the condition, as pages do. */
const prepareCopies = (sample: Sample, condition: Condition, scope: Scope, copies: number) => {
  const compiled = compileCondition(condition, scope, copies);
  const one = sql`SELECT count(*) AS count FROM ${sourceOf(scope)} WHERE ${compiled.sql}`;
  const whole = join(
    Array.from({ length: copies }, () => one),
    " UNION ALL ",
  );
  expect(whole.params.length).toBeLessThanOrEqual(60);
  expect(bytesOf(whole.text)).toBeLessThan(95_000);
  for (const value of whole.params) expect(bytesOf(value)).toBeLessThan(2_000_000);
  sample.database.prepare(whole.text);
  return compiled;
};

describe("limits of the platform", () => {
  const [sample] = samples(1, 60, SEED) as [Sample];

  it("hold for a thousand leaves, which SQL still decides alone", () => {
    for (const kind of ["and", "or"] as const) {
      const condition: Condition = { kind, of: compares(1_000) };
      const compiled = prepareCopies(sample, condition, typedScope, 1);
      expect(compiled.residual).toBeNull();
      const expected = sample.rows.filter((row) => matches(condition, row)).map(({ rid }) => rid);
      expect(selected(sample, condition, typedScope, 1)).toEqual(expected);
    }
  });

  it("hold for a thousand equalities of one path, with one parameter", () => {
    const of = Array.from({ length: 1_000 }, (_, position) =>
      compare("label", "eq", `${position}`),
    );
    const compiled = prepareCopies(sample, { kind: "or", of }, typedScope, 4);
    expect(compiled.residual).toBeNull();
    expect(compiled.sql.params).toHaveLength(1);
    const negated = of.map((inner): Condition => ({ kind: "not", of: inner }));
    const none = prepareCopies(sample, { kind: "and", of: negated }, typedScope, 4);
    expect(none.sql.params).toHaveLength(1);
  });

  it("hold for sixteen levels of sixty leaves, which SQL still decides alone", () => {
    const nested = Array.from({ length: 16 }).reduce<Condition>(
      (inner, _, level) => ({
        kind: level % 2 === 0 ? "and" : "or",
        of: [...compares(60), { kind: "not", of: inner }],
      }),
      compare("count", "eq", 1),
    );
    expect(prepareCopies(sample, nested, typedScope, 1).residual).toBeNull();
    const expected = sample.rows.filter((row) => matches(nested, row)).map(({ rid }) => rid);
    expect(selected(sample, nested, typedScope, 1)).toEqual(expected);
  });

  it("hold for any number of random leaves, the rest being residual", () => {
    const many = fc.array(conditions, { minLength: 50, maxLength: 1_000, size: "max" });
    const kinds = fc.constantFrom("and" as const, "or" as const);
    fc.assert(
      fc.property(kinds, many, fc.constantFrom(1, 2, 4), (kind, of, copies) => {
        for (const scope of [typedScope, documentScope]) {
          prepareCopies(sample, { kind, of }, scope, copies);
        }
      }),
      { seed: SEED, numRuns: runs(25) },
    );
  });

  it("hold for element inside element, however deep", () => {
    const deep = Array.from({ length: 60 }).reduce<Condition>(
      (condition) => ({ kind: "element", path: { segments: [] }, condition }),
      { kind: "exists", path: { segments: [] } },
    );
    const condition: Condition = { kind: "element", path: keyPath("mixed"), condition: deep };
    expect(prepareCopies(sample, condition, documentScope, 1).residual).not.toBeNull();
  });

  it("hold for ten thousand long values in a list, split over several parameters", () => {
    const values = Array.from({ length: 10_000 }, (_, position) =>
      `${position}`.padStart(256, "é"),
    );
    const [row] = rowsOf([{ label: values[9_999] ?? "" }]);
    const database = openDatabase();
    fill(database, row === undefined ? [] : [row]);
    const condition: Condition = { kind: "in", path: label, values };
    const one: Sample = { database, rows: row === undefined ? [] : [row] };
    expect(prepareCopies(one, condition, typedScope, 4).residual).toBeNull();
    expect(selected(one, condition, typedScope, 4)).toEqual([1]);
    expect(selected(one, { kind: "not", of: condition }, typedScope, 4)).toEqual([]);
  });

  it("hold for a string that is longer than any parameter may be", () => {
    const value = "x".repeat(2_100_000);
    for (const condition of [
      compare("label", "lt", value),
      compare("label", "ne", value),
      { kind: "in", path: label, values: [value, "a"] } as const,
      { kind: "text", path: label, where: "contains", value, fold: true } as const,
      { kind: "equals", path: keyPath("mixed"), value: [value] } as const,
    ]) {
      expect(prepareCopies(sample, condition, typedScope, 1).residual).not.toBeNull();
      const expected = sample.rows.filter((row) => matches(condition, row)).map(({ rid }) => rid);
      expect(selected(sample, condition, typedScope, 1)).toEqual(expected);
    }
  });

  it("hold for patterns: one that is too long for LIKE narrows by its ends and is residual", () => {
    const pattern = `ab%${"_".repeat(60)}%yz`;
    for (const fold of [false, true]) {
      const compiled = prepareCopies(
        sample,
        { kind: "like", path: label, pattern, fold },
        typedScope,
        4,
      );
      expect(compiled.residual).not.toBeNull();
      expect(compiled.sql.params.length).toBeGreaterThanOrEqual(2);
    }
    // 17 characters of three bytes are 51 bytes.
    const wide: Condition = {
      kind: "like",
      path: label,
      pattern: `_${"€".repeat(17)}%_`,
      fold: true,
    };
    expect(prepareCopies(sample, wide, typedScope, 4).residual).not.toBeNull();
  });
});
