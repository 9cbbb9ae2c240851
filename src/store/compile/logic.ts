/** Two-valued logic over pieces of SQL, with exactness and depth of each piece. */
import { raw, sql, type Sql } from "../sql/template.ts";

/**
 * SQL that is true where a condition holds; false or NULL where it does not. Written so that it can
 * stand as an operand of AND and OR.
 */
export interface Logic {
  readonly sql: Sql;
  /** False: the SQL is also true in some cases where the condition does not hold. */
  readonly exact: boolean;
  /** Upper bound of the depth of the expression, as SQLite counts it. */
  readonly depth: number;
}

// Measured, with a margin: SQLite turns the arguments of json_each into conditions of the sub-query,
// which makes it far deeper than the text suggests.
const LEAF_DEPTH = 9;
const SUBQUERY_DEPTH = 20;

/** Always true. */
export const TRUE: Logic = { sql: raw("1"), exact: true, depth: 1 };

/** Always false. */
export const FALSE: Logic = { sql: raw("0"), exact: true, depth: 1 };

/** Undecided: SQL cannot test it, so the residual has to. */
export const UNDECIDED: Logic = { ...TRUE, exact: false };

/** True when the SQL is the constant 1. */
export function isTrue(logic: Logic): boolean {
  return logic.sql.text === "1";
}

/** True when the SQL is the constant 0. */
export function isFalse(logic: Logic): boolean {
  return logic.sql.text === "0";
}

/** An exact test: an expression that binds tighter than AND. */
export function test(expression: Sql): Logic {
  return {
    sql: expression,
    exact: true,
    depth: LEAF_DEPTH,
  };
}

/** The same SQL for a narrower condition: necessary, but not sufficient. */
export function atLeast(logic: Logic): Logic {
  return isFalse(logic) ? logic : { ...logic, exact: false };
}

const combine = (left: Logic, word: "AND" | "OR", right: Logic): Logic => ({
  sql: sql`(${left.sql} ${raw(word)} ${right.sql})`,
  exact: left.exact && right.exact,
  depth: Math.max(left.depth, right.depth) + 1,
});

/**
 * Joins pieces into the flattest tree: the two shallowest first, so that a thousand leaves beside one
 * deep piece add one level to it, not ten.
 */
const joinFlat = (pieces: readonly Logic[], word: "AND" | "OR", none: Logic): Logic => {
  const single = pieces.toSorted((left, right) => left.depth - right.depth);
  const joined: Logic[] = [];
  let nextSingle = 0;
  let nextJoined = 0;
  const shallowest = (): Logic => {
    const one = single[nextSingle];
    const other = joined[nextJoined];
    if (one !== undefined && (other === undefined || one.depth <= other.depth)) {
      nextSingle += 1;
      return one;
    }
    nextJoined += 1;
    return other ?? none;
  };
  for (let count = pieces.length; count > 1; count -= 1) {
    const left = shallowest();
    joined.push(combine(left, word, shallowest()));
  }
  return shallowest();
};

/** AND of the pieces. */
export function all(pieces: readonly Logic[]): Logic {
  if (pieces.some(isFalse)) return FALSE;
  const joined = joinFlat(
    pieces.filter((piece) => !isTrue(piece)),
    "AND",
    TRUE,
  );
  return { ...joined, exact: pieces.every((piece) => piece.exact) };
}

/** OR of the pieces. */
export function some(pieces: readonly Logic[]): Logic {
  const constant = pieces.find((piece) => isTrue(piece) && piece.exact) ?? pieces.find(isTrue);
  if (constant !== undefined) return constant;
  return joinFlat(
    pieces.filter((piece) => !isFalse(piece)),
    "OR",
    FALSE,
  );
}

/** NOT of a piece; undecided when the piece is not exact. */
export function negation(logic: Logic): Logic {
  if (!logic.exact) return UNDECIDED;
  if (isTrue(logic)) return FALSE;
  if (isFalse(logic)) return TRUE;
  return { sql: sql`(${logic.sql}) IS NOT TRUE`, exact: true, depth: logic.depth + 1 };
}

/** Holds when the inner condition does for some row of a source. */
export function existsIn(source: Sql, conditions: readonly Logic[]): Logic {
  const inner = all(conditions);
  if (isFalse(inner)) return FALSE;
  const where = isTrue(inner) ? raw("") : sql` WHERE ${inner.sql}`;
  return {
    sql: sql`EXISTS (SELECT 1 FROM ${source}${where})`,
    exact: inner.exact,
    depth: inner.depth + SUBQUERY_DEPTH,
  };
}

/** Holds when the rows that satisfy a condition have exactly this many distinct values. */
export function countIn(
  rows: { readonly alias: string; readonly source: Sql },
  inner: Logic,
  count: number,
): Logic {
  return {
    sql: sql`(SELECT count(DISTINCT ${raw(rows.alias)}.value) FROM ${rows.source} WHERE ${inner.sql}) = ${raw(String(count))}`,
    exact: inner.exact,
    depth: inner.depth + SUBQUERY_DEPTH,
  };
}
