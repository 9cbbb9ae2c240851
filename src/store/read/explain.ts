/** How the database means to run a query: its statement and its plan. */
import type { Principal } from "../../identity/principal.ts";
import { authorize } from "../../identity/policy.ts";
import type { Query } from "../../query/query.ts";
import { readView } from "./meta.ts";
import type { ReadContext } from "./read-context.ts";
import { raw, sql, statementText, type Statement } from "../sql/template.ts";
import { viewOf, type View } from "../visibility/visible.ts";
import { readingOf } from "./read-once.ts";
import { WHOLE } from "./row.ts";
import { pageStatement } from "./page.ts";
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
