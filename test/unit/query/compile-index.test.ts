// Conditions and sorts by a typed column use its index.
import { describe, expect, it } from "vitest";
import type { CompareOperator, Condition } from "../../../src/query/condition.ts";
import { columnPath, keyPath } from "../../../src/query/path.ts";
import { compileCondition, compileSortValue } from "../../../src/store/compile/condition.ts";
import { raw, sql } from "../../../src/store/sql/template.ts";
import { fill, openDatabase, rowsOf, run, typedScope, type Sample } from "./tables.ts";

/** Many rows, so that the planner prefers an index. */
const large = (): Sample => {
  const rows = rowsOf(
    Array.from({ length: 3_000 }, (_, position) => ({
      label: `label ${position % 500}`,
      count: position % 700,
      dose: position / 8,
      checked: position % 50 === 0,
      day: `20${String(position % 90).padStart(2, "0")}-01-01`,
      mixed: { a: position },
    })),
  );
  const database = openDatabase();
  fill(database, rows);
  return { database, rows };
};

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

const planOf = ({ database }: Sample, condition: Condition, copies = 4): string => {
  const { sql: where } = compileCondition(condition, typedScope, copies);
  const plan = run(database, sql`EXPLAIN QUERY PLAN SELECT x.rid FROM x WHERE ${where}`);
  return plan.map((row) => String(row["detail"])).join("\n");
};

const label = keyPath("label");

const INDEXED: Readonly<Record<string, Condition>> = {
  "eq of a text": compare("label", "eq", "label 7"),
  "eq of a number": compare("count", "eq", 7),
  "eq of a boolean": compare("checked", "eq", true),
  "equals of a scalar": { kind: "equals", path: label, value: "label 7" },
  "equals of null": { kind: "equals", path: label, value: null },
  "lt of a number": compare("dose", "lt", 0.5),
  "gte of a date": compare("day", "gte", "2089-01-01"),
  between: { kind: "between", path: keyPath("count"), low: 3, high: 5 },
  in: { kind: "in", path: label, values: ["label 1", "label 2"] },
  "in of numbers": { kind: "in", path: keyPath("dose"), values: [1, 2.5] },
  starts: { kind: "text", path: label, where: "starts", value: "label 7", fold: false },
  "like with a fixed beginning": { kind: "like", path: label, pattern: "label 7_%1", fold: false },
  "like without a wildcard": { kind: "like", path: label, pattern: "label 7", fold: false },
  "like of a prefix": { kind: "like", path: label, pattern: "label 7%", fold: false },
  "a long like": { kind: "like", path: label, pattern: `label%_${"x".repeat(60)}`, fold: false },
  "a part of and": {
    kind: "and",
    of: [compare("label", "eq", "label 7"), { kind: "not", of: compare("count", "eq", 2) }],
  },
  "alternatives of one path": {
    kind: "or",
    of: [compare("label", "eq", "label 7"), compare("label", "eq", "label 8")],
  },
  "alternatives of two paths": {
    kind: "or",
    of: [compare("label", "eq", "label 7"), compare("count", "eq", 8)],
  },
  "beside a regular expression": {
    kind: "and",
    of: [
      compare("label", "eq", "label 7"),
      { kind: "match", path: label, pattern: "7$", flags: "" },
    ],
  },
};

describe("indexes", () => {
  const sample = large();

  it.each(Object.entries(INDEXED))("serve %s", (_, condition) => {
    for (const copies of [1, 4, 50]) {
      expect(planOf(sample, condition, copies)).toMatch(
        /SEARCH x USING (?:COVERING )?INDEX x_(?:label|count|dose|checked|day)/,
      );
      expect(planOf(sample, condition, copies)).not.toMatch(/SCAN x/);
    }
  });

  it("serve them with statistics as well", () => {
    const analysed = large();
    analysed.database.exec("ANALYZE");
    for (const condition of Object.values(INDEXED)) {
      expect(planOf(analysed, condition)).not.toMatch(/SCAN x/);
    }
  });

  it("serve one part beside a hundred others with constants in the text", () => {
    const others = Array.from({ length: 100 }, (_, number) => compare("dose", "ne", number + 0.3));
    const mixed = Array.from({ length: 30 }, (_, number): Condition => ({
      kind: "or",
      of: [compare("dose", "lt", number), compare("day", "gt", `20${number}`)],
    }));
    const condition: Condition = {
      kind: "and",
      of: [...others, ...mixed, compare("label", "eq", "label 7")],
    };
    expect(compileCondition(condition, typedScope).sql.params.length).toBeLessThanOrEqual(15);
    expect(planOf(sample, condition)).toContain("SEARCH x USING INDEX x_label");
  });

  it("serve sorts: a typed column is a bare column", () => {
    expect(compileSortValue(label, typedScope)).toEqual(raw('x."f_label"'));
    expect(compileSortValue(columnPath("created_at"), typedScope)).toEqual(raw("r.created_at"));
  });
});
