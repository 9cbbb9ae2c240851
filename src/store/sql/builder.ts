/**
 * Statements of simple tables by Drizzle's query builder. It only writes them: they are sent by the
 * store's session, with everything else, within the budget of the request.
 *
 * To build one takes some 40 µs, a template a few. So what each request of a surface sends (auth state,
 * idempotency, the reads and writes of resources) is written as a template.
 */
import { sql as expression, type SQL } from "drizzle-orm";
import { SQLiteSyncDialect } from "drizzle-orm/sqlite-core";
import { drizzle } from "drizzle-orm/sqlite-proxy";
import type { Sql, SqlValue, Statement } from "./template.ts";

/** The builder. To await what it builds throws: it has no connection of its own. */
export const db = drizzle(() => {
  throw new Error("A built statement is sent by the session of the store.");
});

/** What Drizzle has built: an update, say. */
interface Built extends PromiseLike<unknown> {
  readonly toSQL: () => { readonly sql: string; readonly params: readonly unknown[] };
}

/** The rows that it answers; those of a statement that answers none are never there. */
type AnswerOf<Query extends Built> = Awaited<Query> extends readonly (infer Row)[] ? Row : never;

const valueOf = (param: unknown): SqlValue => {
  if (param === null || typeof param === "string" || typeof param === "number") return param;
  throw new Error(`A statement has a parameter of type ${typeof param}.`);
};

/**
 * The statement that was built, for a batch of the session.
 *
 * @throws {Error} for a parameter that D1 does not bind as it is: a defect.
 */
export function built<Query extends Built>(query: Query): Statement<AnswerOf<Query>> {
  const { sql: text, params } = query.toSQL();
  return { text, params: params.map(valueOf) };
}

const dialect = new SQLiteSyncDialect();

/** A condition of the builder as a part of a template. Its columns stand behind their table's name. */
export function conditionOf(condition: SQL): Sql {
  const { sql: text, params } = dialect.sqlToQuery(condition);
  return { text, params: params.map(valueOf) };
}

/**
 * A part of a template for the builder.
 *
 * @throws {Error} where its text has a question mark that stands for no parameter: a defect.
 */
export function expressionOf({ text, params }: Sql): SQL {
  const [first = "", ...others] = text.split("?");
  if (others.length !== params.length) throw new Error("A part has other parameters than marks.");
  return others.reduce(
    (whole, piece, at) => whole.append(expression`${params[at]}`).append(expression.raw(piece)),
    expression.raw(first),
  );
}

/** A list of values as one parameter, for `inArray`. */
export function listed(values: string): SQL {
  return expression`(SELECT value FROM json_each(${values}))`;
}
