/** Reads by query: pages and counts, with what SQL cannot decide evaluated row by row. */
import { LIMITS } from "../../model/limits.ts";
import type { Principal } from "../../identity/principal.ts";
import type { AsOf, Position, Query } from "../../query/query.ts";
import { recordDisclosed } from "../audit/audit.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { Condition } from "../../query/condition.ts";
import { readView, type Meta } from "./meta.ts";
import type { ReadContext } from "./read-context.ts";
import { shareOf, type RowLoad } from "./row-load.ts";
import { toDraft, type Draft, type Row } from "./row.ts";
import { sql } from "../sql/template.ts";
import { readDecided, type Reply } from "./read-once.ts";
import { completeRows, fitting, positionAfter, rowsOfQuery } from "./complete.ts";
import { countStatement, pageIdentifiers, pageStatement } from "./page.ts";
import { readLinked, relatedStatements, rowsOfLinked, waysOf, type Linked } from "./related.ts";
import { walk } from "./walk.ts";

/** One page of a query. */
export interface Found {
  readonly rows: readonly Row[];
  /** The linked records that the query asked for. */
  readonly linked: Linked;
  /** Where the next page begins; null on the last page. */
  readonly next: Position | null;
  /** The transaction that the page shows. */
  readonly transaction: number;
  /** An instant of that state: see `State`. */
  readonly instant: InstantMicros;
  /** The version of the registry at that state, for who parsed the query by another. */
  readonly registryVersion: number;
  /** True when the answer can never change: a state of the past, looked at in full. */
  readonly immutable: boolean;
  /** How many rows satisfy the query, where that was asked for. */
  readonly count?: number;
  /** True when the time was over before all rows were looked at. */
  readonly partial: boolean;
  /** The caller with the role that it has now. */
  readonly principal: Principal;
}

/** What is asked for beside the rows. */
export interface FindOptions {
  readonly children: boolean;
  /** Count all rows that satisfy the query, in the same call. */
  readonly count?: boolean;
  /** Bytes that the rows of the page may have together; absent: as many as fit on any page. */
  readonly bytes?: number;
  /** Milliseconds since 1970 when a long walk has to end with what it has. */
  readonly until?: number;
}

const isPast = (asOf: AsOf, meta: Meta): boolean =>
  asOf.kind === "transaction" || (asOf.kind === "instant" && asOf.instant <= meta.lastRecordedAt);

/** What was asked, and what the database said; drafts of its rows, as far as they are shown. */
interface Read {
  readonly query: Query;
  readonly reply: Reply;
  readonly drafts: readonly Draft[];
  readonly partial: boolean;
}

/** The page: what of its rows has not come yet is loaded. */
const found = async (
  readContext: ReadContext,
  caller: Principal,
  { query, reply, drafts: all, partial }: Read,
  { children, bytes }: FindOptions,
): Promise<Found> => {
  const { rows, meta, state, count: counted, principal, linked } = reply;
  const page = all.slice(0, query.page.limit);
  const drafts = page.slice(0, fitting(page, bytes));
  const load = { children, ...(query.members === undefined ? {} : { members: query.members }) };
  const own = await completeRows(drafts, rowsOfQuery(readContext, caller, query, load));
  const last = rows.length > drafts.length ? rows[drafts.length - 1] : undefined;
  return {
    rows: own,
    linked,
    next: last === undefined ? null : await positionAfter(readContext, caller, query, last),
    transaction: state.transaction,
    instant: state.instant,
    registryVersion: meta.registryVersion,
    // What is restricted is never kept: each time that it is shown is recorded.
    immutable:
      isPast(query.asOf, meta) &&
      !partial &&
      [...own, ...rowsOfLinked(linked)].every((row) => row.is_restricted === 0),
    ...(counted === undefined ? {} : { count: counted }),
    partial,
    principal,
  };
};

/**
 * Reads one page of a query.
 *
 * @throws AppError `not_found` for an unknown or invisible parent, `invalid_as_of` for the future.
 */
export async function find(
  readContext: ReadContext,
  principal: Principal,
  query: Query,
  options: FindOptions,
): Promise<Found> {
  const page = await findPage(readContext, principal, query, options);
  await recordDisclosed(readContext, principal, [...page.rows, ...rowsOfLinked(page.linked)]);
  return page;
}

/** The linked records of rows that a walk has found: one call more. */
const linkedTo = async (
  readContext: ReadContext,
  principal: Principal,
  query: Query,
  { rows }: Reply,
): Promise<Linked> => {
  const ways = waysOf(query.related ?? []);
  if (ways.length === 0 || rows.length === 0) return new Map();
  const names = JSON.stringify(rows.map((row) => toDraft(row).row.identifier));
  const { results } = await readView(readContext, principal, query.asOf, (view) =>
    relatedStatements(view, sql`SELECT value FROM json_each(${names})`, ways),
  );
  return readLinked(ways, results);
};

/** Reads a page of which SQL decides a part of the condition alone. */
const walkPage = async (
  readContext: ReadContext,
  principal: Principal,
  query: Query,
  residual: Condition,
  options: FindOptions,
): Promise<Found> => {
  const { count: counted = false, ...rest } = options;
  const walked = await walk(readContext, principal, query, residual, {
    ...rest,
    skip: query.page.offset ?? 0,
    keep: query.page.limit + 1,
    all: counted,
    ...(query.members === undefined ? {} : { shown: query.members }),
  });
  const { count: all, drafts, partial, ...reply } = walked;
  const linked = await linkedTo(readContext, principal, query, walked);
  const told = { ...reply, linked, count: counted ? all : undefined };
  return found(readContext, principal, { query, reply: told, drafts, partial }, options);
};

const findPage = async (
  readContext: ReadContext,
  principal: Principal,
  query: Query,
  options: FindOptions,
): Promise<Found> => {
  const wanted = query.page.limit + 1;
  const ways = waysOf(query.related ?? []);
  const load: RowLoad = {
    children: options.children,
    most: shareOf(wanted, options.bytes),
    ...(query.members === undefined ? {} : { members: query.members }),
  };
  const decided = await readDecided(readContext, principal, query, {
    statement: (reading) => pageStatement(reading, { ...query.page, limit: wanted }, load),
    ...(options.count === undefined ? {} : { counted: options.count }),
    ...(ways.length === 0
      ? {}
      : { ways, parents: (reading) => pageIdentifiers(reading, query.page) }),
  });
  if (decided.residual !== null) {
    return walkPage(readContext, principal, query, decided.residual, options);
  }
  const { reply } = decided;
  const read = { query, reply, drafts: reply.rows.map(toDraft), partial: false };
  return found(readContext, principal, read, options);
};

/** Counts the rows of a query; its page is ignored. */
export async function count(
  readContext: ReadContext,
  principal: Principal,
  query: Query,
): Promise<{ readonly count: number; readonly immutable: boolean }> {
  const decided = await readDecided(readContext, principal, query, { statement: countStatement });
  if (decided.residual !== null) {
    const whole: Query = { ...query, page: { limit: LIMITS.pageSizeMax } };
    const walked = await walk(readContext, principal, whole, decided.residual, {
      children: false,
      skip: 0,
      keep: 0,
      all: true,
    });
    return { count: walked.count, immutable: isPast(query.asOf, walked.meta) };
  }
  const { rows, meta } = decided.reply;
  return { count: rows[0]?.count ?? 0, immutable: isPast(query.asOf, meta) };
}
