/** Compiles conditions and sort keys to SQL within the platform's limits for one statement. */
import { and, type Condition } from "../../query/condition.ts";
import { normalise } from "../../query/normal.ts";
import type { Path } from "../../query/path.ts";
import type { SortKey } from "../../query/query.ts";
import { compileAt } from "./leaf.ts";
import { BOUND, WRITTEN, type Literals } from "./literal.ts";
import { all, type Logic } from "./logic.ts";
import { follow, PAYLOAD, type Fold, type Target } from "./target.ts";
import type { Scope } from "./scope.ts";
import { raw, sql, type Sql } from "../sql/template.ts";

/**
 * The bound for all copies of one condition in a statement. The rest of D1's 100 parameters,
 * 100,000 bytes and 25,000 virtual machine steps is left for the rest of the statement.
 */
const BUDGET = { parameters: 50, bytes: 46_000, steps: 14_500 } as const;

/** SQLite allows an expression depth of 100; the statement nests the conditions in its own sub-queries. */
const DEPTH_MAX = 80;

interface Cost {
  readonly parameters: number;
  readonly bytes: number;
  readonly steps: number;
}

/** Steps are estimated with a margin; measured were 0.2 per byte and 25 per sub-query. */
const costOf = ({ sql: { text, params } }: Logic): Cost => ({
  parameters: params.length,
  bytes: text.length + 5,
  steps: text.length * 0.25 + 30 * (text.split("SELECT").length - 1),
});

const sum = (left: Cost, right: Cost): Cost => ({
  parameters: left.parameters + right.parameters,
  bytes: left.bytes + right.bytes,
  steps: left.steps + right.steps,
});

const isWithin = (cost: Cost, copies: number): boolean =>
  cost.parameters * copies <= BUDGET.parameters &&
  cost.bytes * copies <= BUDGET.bytes &&
  cost.steps * copies <= BUDGET.steps;

/** One operand of the outermost AND, and its SQL. */
interface Part {
  readonly condition: Condition;
  readonly logic: Logic;
}

const compileParts = (
  conditions: readonly Condition[],
  scope: Scope,
  literals: Literals,
): readonly Part[] =>
  conditions.map((condition) => ({
    condition,
    logic: compileAt(condition, { spot: PAYLOAD, level: 1, context: { scope, literals } }),
  }));

const countParameters = (parts: readonly Part[]): number =>
  parts.reduce((count, { logic }) => count + logic.sql.params.length, 0);

/** A compiled condition. It holds exactly where both the SQL and the residual hold. */
export interface CompiledCondition {
  /** Can stand as an operand of AND; NULL counts as false. */
  readonly sql: Sql;
  /** Tested by `matches` on the rows that the SQL returns; null when the SQL is exact. */
  readonly residual: Condition | null;
}

/**
 * Compiles a condition. Parts of an outermost `and` that SQL cannot decide (regular expressions,
 * long LIKE patterns), or that would make the statement too large, are left to the residual.
 *
 * `copies` is how often the statement repeats the SQL; the platform's limits are divided by it. When
 * the parameters exceed their share, constants are written into the text instead.
 */
export function compileCondition(
  condition: Condition,
  scope: Scope,
  copies = 4,
): CompiledCondition {
  const normal = normalise(condition);
  const conditions = normal.kind === "and" ? normal.of : [normal];
  const bound = compileParts(conditions, scope, BOUND);
  const fewParameters = countParameters(bound) * copies <= BUDGET.parameters;
  return select(fewParameters ? bound : compileParts(conditions, scope, WRITTEN), copies);
}

/** Keeps the parts that fit, in their order; the others are for the residual. */
const select = (parts: readonly Part[], copies: number): CompiledCondition => {
  const kept: Logic[] = [];
  const residual: Condition[] = [];
  let spent: Cost = { parameters: 0, bytes: 0, steps: 0 };
  for (const { condition, logic } of parts) {
    const cost = sum(spent, costOf(logic));
    const fits = logic.depth <= DEPTH_MAX && isWithin(cost, copies);
    if (fits) {
      kept.push(logic);
      spent = cost;
    }
    if (!fits || !logic.exact) residual.push(condition);
  }
  return { sql: all(kept).sql, residual: residual.length === 0 ? null : and(residual) };
};

const sortTarget = (target: Target): Sql => {
  if (target.kind === "nothing") return raw("NULL");
  if (target.kind === "column") return target.value;
  return sql`CASE WHEN ${target.type} NOT IN ('array', 'object') THEN ${target.value} END`;
};

/** The results of json_type for values of a kind. */
const JSON_TYPES = {
  number: "'integer', 'real'",
  text: "'text'",
  boolean: "'true', 'false'",
} as const;

/** The value at a path if it is of a kind; NULL for another kind, and for paths with several values. */
export function compileValue(path: Path, scope: Scope, holds: keyof typeof JSON_TYPES): Sql {
  return follow(
    path,
    { spot: PAYLOAD, level: 1, context: { scope, literals: BOUND } },
    {
      end: (target) => {
        if (target.kind === "nothing") return raw("NULL");
        if (target.kind === "column") return target.holds === holds ? target.value : raw("NULL");
        return sql`CASE WHEN ${target.type} IN (${raw(JSON_TYPES[holds])}) THEN ${target.value} END`;
      },
      fork: () => raw("NULL"),
    },
  );
}

const sortFold = (direction: SortKey["direction"]): Fold<Sql> => ({
  end: sortTarget,
  fork: ({ source, filter }, inner, otherwise) => {
    // Not min or max: without a column of the sub-query they would aggregate over the outer query.
    const order = raw(`ORDER BY 1 ${direction} NULLS LAST LIMIT 1`);
    const found = sql`(SELECT ${inner} FROM ${source} WHERE ${filter} ${order})`;
    return otherwise.text === "NULL"
      ? found
      : sql`CASE WHEN EXISTS (SELECT 1 FROM ${source} WHERE ${filter}) THEN ${found} ELSE ${otherwise} END`;
  },
});

/**
 * The value that rows are sorted by, as `sortValue` defines it: NULL for a missing value, the bare
 * column if there is a typed one. The direction only matters for paths with several values.
 */
export function compileSortValue(
  path: Path,
  scope: Scope,
  direction: SortKey["direction"] = "asc",
): Sql {
  return follow(
    path,
    { spot: PAYLOAD, level: 1, context: { scope, literals: BOUND } },
    sortFold(direction),
  );
}
