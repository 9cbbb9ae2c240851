/** How the database runs a query: its statement and its plan, and what they mean. */
import type { Principal } from "../../identity/principal.ts";
import { authorize, may } from "../../identity/policy.ts";
import type { Query } from "../../query/query.ts";
import { readView } from "./meta.ts";
import type { ReadContext } from "./read-context.ts";
import { raw, sql, statementText, type Statement } from "../sql/template.ts";
import { viewOf, type View } from "../visibility/visible.ts";
import type { Reading } from "./reading.ts";
import { readingOf, readOnce } from "./read-once.ts";
import { WHOLE } from "./row.ts";
import { pageStatement } from "./page.ts";
import { adviceFor, type Advice } from "./advice.ts";
import { indexesIn, type PlanRow, type UsedIndex } from "./used-indexes.ts";
import { residualOf } from "./split.ts";

/** A statement and its plan, with the state of the store that they belong to. */
export interface Explained {
  readonly sql: string;
  readonly plan: readonly string[];
  /** False: some of the condition is decided row by row on what the statement leaves. */
  readonly isWhole: boolean;
  readonly registryVersion: number;
  readonly principal: Principal;
}

/**
 * Explains the page of a query. For admins: a plan tells about data that not everybody sees.
 *
 * @throws AppError `forbidden`.
 */
export async function explainQuery(
  readContext: ReadContext,
  principal: Principal,
  query: Query,
): Promise<Explained> {
  const planOf = (view: View): Statement<{ readonly detail: string }> =>
    sql`${raw("EXPLAIN QUERY PLAN")} ${statementFor(view)}`;
  const statementFor = (view: View) =>
    pageStatement(readingOf(readContext, view, query), query.page, WHOLE);
  const answer = await readView(
    readContext,
    principal,
    query.asOf,
    (view) => [planOf(view)],
    query.through === undefined ? undefined : query.payloadTypes[0],
  );
  authorize(answer.principal, "administer", "*");
  const view = viewOf(answer.principal, query.asOf);
  return {
    sql: statementText(statementFor(view)).replaceAll(/\s+/g, " "),
    plan: answer.results[0].map(({ detail }) => detail),
    isWhole: residualOf(readingOf(readContext, view, query)) === null,
    registryVersion: answer.meta.registryVersion,
    principal: answer.principal,
  };
}

/** What a page of a query goes by. */
export interface PageExplained {
  readonly indexes: readonly UsedIndex[];
  /** True: all rows that are found are sorted. */
  readonly isSorted: boolean;
  /** False: some of the condition is decided row by row on what the database leaves. */
  readonly isWhole: boolean;
  /** Null for who is no admin. */
  readonly measured: Measured | null;
  readonly registryVersion: number;
}

/** What a page costs. For admins: rows are read that not everybody sees. */
export interface Measured {
  /** Rows that the database reads for the page. */
  readonly read: number;
  /** Rows on the page. */
  readonly returned: number;
  readonly advice: readonly Advice[];
}

/** Reads a page for its cost. Nothing of it is told. */
const measure = async (readContext: ReadContext, reading: Reading): Promise<Measured> => {
  const { session } = readContext;
  const { page } = reading.query;
  const before = session.usage().rowsRead;
  const counted: Statement<{ readonly count: number }> =
    sql`SELECT count(*) AS count FROM (${pageStatement(reading, page, WHOLE)})`;
  const [rows] = await session.batch([counted]);
  const read = session.usage().rowsRead - before;
  const returned = rows[0]?.count ?? 0;
  const cost = { read, returned, wanted: page.limit };
  return { read, returned, advice: await adviceFor(session, reading, cost) };
};

/**
 * Explains the page of a query to who may read it: which indexes it goes by, and to admins also what it costs
 * and what would make it cheaper.
 *
 * @throws AppError what `find` throws.
 */
export async function explainPage(
  readContext: ReadContext,
  principal: Principal,
  query: Query,
): Promise<PageExplained> {
  let found: Reading | undefined;
  const statement = (reading: Reading): Statement<PlanRow> => {
    found = reading;
    return sql`${raw("EXPLAIN QUERY PLAN")} ${pageStatement(reading, query.page, WHOLE)}`;
  };
  const reply = await readOnce(readContext, principal, query, { statement });
  const { rows, meta, principal: caller } = reply;
  if (found === undefined) throw new Error("A read had no statement.");
  return {
    indexes: indexesIn(rows, readContext.registry),
    isSorted: rows.some(({ detail }) => detail.includes("TEMP B-TREE FOR ORDER BY")),
    isWhole: residualOf(found) === null,
    measured: may(caller, "administer", "*") ? await measure(readContext, found) : null,
    registryVersion: meta.registryVersion,
  };
}
