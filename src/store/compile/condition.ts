/** Conditions and sort keys in SQL, within the limits that the platform sets to a statement. */
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
 * What the copies of one condition may cost a statement together. The rest of D1's 100 parameters,
 * 100,000 bytes and 25,000 virtual machine steps is for the statement around them.
 */
const BUDGET = { parameters: 50, bytes: 46_000, steps: 14_500 } as const;

/** SQLite allows 100; a statement puts its conditions into sub-queries of its own. */
const DEPTH_MAX = 80;

interface Cost {
  readonly parameters: number;
  readonly bytes: number;
  readonly steps: number;
}

/** Steps are estimated, with room: measured were 0.2 for a byte, and 25 for a sub-query. */
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

/** A part of a condition that has to hold beside the others, and its SQL. */
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

/** What a condition becomes: it holds exactly where the SQL and the residual do. */
export interface CompiledCondition {
  /** Can stand as an operand of AND; NULL counts as false. */
  readonly sql: Sql;
  /** For `matches`, on the rows that SQL leaves; null when SQL decides everything. */
  readonly residual: Condition | null;
}

/**
 * Compiles a condition. Parts of an outermost `and` that SQL cannot decide (regular expressions,
 * long LIKE patterns), or that would make the statement too large, are left to the residual.
 *
 * `copies` is how often the statement repeats the SQL: its share of the platform's limits depends
 * on that. Above its share of parameters, constants are written into the text instead.
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

/** What json_type says of values of a kind. */
const JSON_TYPES = {
  number: "'integer', 'real'",
  text: "'text'",
  boolean: "'true', 'false'",
} as const;

/** The one value at a path where it is of a kind; NULL for any other, and for paths with several. */
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
    // Not min or max: of an expression without a column of its own rows they would be about others.
    const order = raw(`ORDER BY 1 ${direction} NULLS LAST LIMIT 1`);
    const found = sql`(SELECT ${inner} FROM ${source} WHERE ${filter} ${order})`;
    return otherwise.text === "NULL"
      ? found
      : sql`CASE WHEN EXISTS (SELECT 1 FROM ${source} WHERE ${filter}) THEN ${found} ELSE ${otherwise} END`;
  },
});

/**
 * The value that rows are sorted by, as `sortValue` says: NULL where there is none, a bare column
 * where there is one. The direction matters to paths with several values only.
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
