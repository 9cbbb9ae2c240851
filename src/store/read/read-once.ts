/** One call of a read by query: its rows, its count, and the linked records that come along. */
import { AppError } from "../../model/error.ts";
import { quoted } from "../../model/nearest.ts";
import { mayOn } from "../../identity/policy.ts";
import type { Principal } from "../../identity/principal.ts";
import type { Condition } from "../../query/condition.ts";
import type { Query } from "../../query/query.ts";
import type { Registry } from "../../schema/type.ts";
import { lastConfirmed } from "../accounts/auth-state.ts";
import { requireReading, requireThrough } from "../visibility/entity-access.ts";
import { readView, type Meta } from "./meta.ts";
import type { ReadContext } from "./read-context.ts";
import type { State } from "./state.ts";
import { resultsOf } from "../sql/tagged.ts";
import { sql, type Sql, type Statement } from "../sql/template.ts";
import { viewOf, type View } from "../visibility/visible.ts";
import { countStatement, type CountRow, type PageRow } from "./page.ts";
import { readLinked, relatedStatements, type Linked, type LinkedRow, type Way } from "./related.ts";
import type { Reading } from "./reading.ts";
import { residualOf } from "./split.ts";
import { existsIn, type FoundRow } from "./subtree.ts";

/** A query ready for SQL. */
export function readingOf(
  { registry }: Pick<ReadContext, "registry">,
  view: View,
  query: Query,
): Reading {
  const [name] = query.payloadTypes;
  // Tombstones are in no projection.
  if (query.deletedOnly === true)
    return { query, view: { ...view, deletedOnly: true }, type: null };
  const type =
    query.payloadTypes.length === 1 && name !== undefined ? registry.types.get(name) : undefined;
  return { query, view, type: type ?? null };
}

const parentCheck = (reading: Reading): readonly Statement<FoundRow>[] => {
  const { under } = reading.query;
  return under === undefined ? [] : [existsIn(reading.view, under.parentIdentifier)];
};

const refuseMissingParent = (query: Query, rows: readonly unknown[] | undefined): void => {
  if (query.under === undefined || (rows ?? []).length > 0) return;
  throw new AppError("not_found", "The parent does not exist.", {
    details: [
      {
        identifier: query.under.parentIdentifier,
        path: "parent_identifier",
        code: "not_found",
        detail: `There is no live resource ${quoted(query.under.parentIdentifier)} that you may see.`,
      },
    ],
  });
};

/** What the database said. */
export interface Reply<R = PageRow> {
  readonly rows: readonly R[];
  readonly count: number | undefined;
  readonly linked: Linked;
  readonly meta: Meta;
  readonly state: State;
  readonly principal: Principal;
}

/** What is asked for in the call. */
export interface Question<R> {
  readonly statement: (reading: Reading) => Statement<R>;
  readonly counted?: boolean;
  /** Ways to linked records, and the statement of the identifiers that they begin with. */
  readonly ways?: readonly Way[];
  readonly parents?: (reading: Reading) => Sql;
}

/** Passes when the caller may read something of every payload type that the query needs. */
const requireNeeds = (
  { registry, anonymousAccess }: ReadContext,
  caller: Principal,
  needs: readonly string[],
): void => {
  for (const payloadType of needs) {
    if (!mayOn(caller, "read", { payloadType, isOwn: true }, anonymousAccess)) {
      throw new AppError("forbidden", `Nothing allows you to read ${payloadType}.`);
    }
    requireReading(registry, caller, payloadType);
  }
};

/** Asks once. */
export async function readOnce<R>(
  readContext: ReadContext,
  principal: Principal,
  query: Query,
  { statement, counted = false, ways = [], parents }: Question<R>,
): Promise<Reply<R>> {
  const { through, payloadTypes, needs = [] } = query;
  const [type = ""] = payloadTypes;
  let counts: readonly Statement<CountRow>[] = [];
  let linked: readonly Statement<LinkedRow>[] = [];
  const build = (view: View, caller: Principal, registry: Registry) => {
    if (through !== undefined) requireThrough(readContext.registry, caller, type, through);
    requireNeeds(readContext, caller, needs);
    const reading = readingOf({ registry }, view, query);
    counts = counted ? [countStatement(reading)] : [];
    linked = parents === undefined ? [] : relatedStatements(view, parents(reading), ways);
    return [statement(reading), ...linked, ...counts, ...parentCheck(reading)] as const;
  };
  const open = through === undefined ? undefined : type;
  const answer = await readView(readContext, principal, query.asOf, build, open);
  const [rows, ...others] = answer.results;
  const [found = []] = resultsOf(counts, others, linked.length);
  refuseMissingParent(query, others[linked.length + counts.length]);
  return {
    rows,
    count: counted ? (found[0]?.count ?? 0) : undefined,
    linked: readLinked(parents === undefined ? [] : ways, resultsOf(linked, others, 0)),
    meta: answer.meta,
    state: answer.state,
    principal: answer.principal,
  };
}

/** What SQL decided by itself; or the condition, when it left some of it to `matches`. */
export type Decided<R> =
  | { readonly reply: Reply<R>; readonly residual: null }
  | { readonly residual: Condition };

/**
 * Asks once when SQL decides the whole condition for this caller. What is known before the call only
 * saves one: the statement is that of the caller as the database confirms it and of the state that the
 * request reads, and SQL may decide less for these. A caller may not see all parents, and the present
 * may have become a past state, by what others wrote since the first read of the request.
 */
export async function readDecided<R>(
  readContext: ReadContext,
  principal: Principal,
  query: Query,
  question: Question<R>,
): Promise<Decided<R>> {
  const expected = readingOf(readContext, viewOf(lastConfirmed(principal), query.asOf), query);
  let residual = residualOf(expected);
  if (residual !== null) return { residual };
  const statement = (reading: Reading): Statement<R> => {
    residual = residualOf(reading);
    return residual === null ? question.statement(reading) : sql`SELECT NULL WHERE 0`;
  };
  const reply = await readOnce(readContext, principal, query, { ...question, statement });
  return residual === null ? { reply, residual } : { residual };
}
