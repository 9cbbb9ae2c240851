/**
 * Statements of simple tables by Drizzle's query builder. The builder only makes the SQL; the store's
 * session sends it within the budget of the request.
 *
 * Building a statement takes some 40 µs, a template a few. So the statements of every request (auth
 * state, idempotency, reads and writes of resources) are templates.
 */
import { sql as expression, type SQL } from "drizzle-orm";
import { SQLiteSyncDialect } from "drizzle-orm/sqlite-core";
import { drizzle } from "drizzle-orm/sqlite-proxy";
import type { Sql, SqlValue, Statement } from "./template.ts";

/** The builder. It has no connection: awaiting one of its queries throws. */
export const db = drizzle(() => {
  throw new Error("A built statement is sent by the session of the store.");
});

/** A query of the builder. */
interface Built extends PromiseLike<unknown> {
  readonly toSQL: () => { readonly sql: string; readonly params: readonly unknown[] };
}

/** The rows of a query; `never` for a query without rows. */
type AnswerOf<Query extends Built> = Awaited<Query> extends readonly (infer Row)[] ? Row : never;

const valueOf = (param: unknown): SqlValue => {
  if (param === null || typeof param === "string" || typeof param === "number") return param;
  throw new Error(`A statement has a parameter of type ${typeof param}.`);
};

/**
 * The statement of a built query, for a batch of the session.
 *
 * @throws {Error} for a parameter type that D1 cannot bind: a defect.
 */
export function built<Query extends Built>(query: Query): Statement<AnswerOf<Query>> {
  const { sql: text, params } = query.toSQL();
  return { text, params: params.map(valueOf) };
}

const dialect = new SQLiteSyncDialect();

/** A condition of the builder as a part of a template. Its columns are qualified by their table. */
export function conditionOf(condition: SQL): Sql {
  const { sql: text, params } = dialect.sqlToQuery(condition);
  return { text, params: params.map(valueOf) };
}

/**
 * A part of a template as an expression of the builder.
 *
 * @throws {Error} when its text has a question mark that is not a parameter: a defect.
 */
export function expressionOf({ text, params }: Sql): SQL {
  const [first = "", ...others] = text.split("?");
  if (others.length !== params.length)
    throw new Error("A part of a statement has a `?` without a parameter.");
  return others.reduce(
    (whole, piece, at) => whole.append(expression`${params[at]}`).append(expression.raw(piece)),
    expression.raw(first),
  );
}

/** A list of values as one parameter, for `inArray`. */
export function listed(values: string): SQL {
  return expression`(SELECT value FROM json_each(${values}))`;
}
