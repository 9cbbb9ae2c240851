/** Reads by query: pages and counts, with what SQL cannot decide evaluated row by row. */
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import type { JsonObject } from "../../model/json.ts";
import type { Principal } from "../../identity/principal.ts";
import type { Condition, Literal } from "../../query/condition.ts";
import { matches } from "../../query/matches.ts";
import type { MetadataColumn } from "../../query/path.ts";
import { NOW, type AsOf, type Page, type Position, type Query } from "../../query/query.ts";
import { noteShown } from "../audit.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { DatabaseRow } from "../database.ts";
import { look, type Looking, type Meta } from "../meta.ts";
import { requireThrough } from "../closed.ts";
import type { Row } from "../row.ts";
import type { Sql } from "../sql.ts";
import { viewOf, type View } from "../visible.ts";
import { countStatement, pageStatement, residualOf, type Reading } from "./page.ts";
import { existsIn } from "./under.ts";

/** One page of a query. */
export interface Found {
  readonly rows: readonly Row[];
  /** Where the next page begins; null on the last page. */
  readonly next: Position | null;
  /** The transaction that the page shows. */
  readonly transaction: number;
  /** The instant of the last transaction at the time of reading. */
  readonly lastRecordedAt: InstantMicros;
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
  /** Milliseconds since 1970 when a long walk has to end with what it has. */
  readonly until?: number;
}

/** A query ready for SQL. */
export const readingOf = (looking: Looking, view: View, query: Query): Reading => {
  const [name] = query.payloadTypes;
  // Tombstones are in no projection.
  if (query.buried === true) return { query, view: { ...view, buried: true }, type: null };
  const type =
    query.payloadTypes.length === 1 && name !== undefined
      ? looking.registry.types.get(name)
      : undefined;
  return { query, view, type: type ?? null };
};

const parentCheck = (reading: Reading): readonly Sql[] => {
  const { under } = reading.query;
  return under === undefined ? [] : [existsIn(reading.view, under.parentIdentifier)];
};

const refuseMissingParent = (query: Query, rows: readonly DatabaseRow[] | undefined): void => {
  if (query.under === undefined || (rows ?? []).length > 0) return;
  throw new AppError("not_found", "The parent does not exist.", {
    details: [
      {
        identifier: query.under.parentIdentifier,
        path: "parent_identifier",
        code: "not_found",
        detail: "Expected a live resource.",
      },
    ],
  });
};

interface Reply {
  readonly rows: readonly DatabaseRow[];
  readonly count: number | undefined;
  readonly meta: Meta;
  readonly principal: Principal;
}

const askOnce = async (
  looking: Looking,
  principal: Principal,
  query: Query,
  statement: (reading: Reading) => Sql,
  counted = false,
): Promise<Reply> => {
  const { through, payloadTypes } = query;
  const [type = ""] = payloadTypes;
  const build = (view: View, caller: Principal): readonly Sql[] => {
    if (through !== undefined) requireThrough(looking.registry, caller, type, through);
    const reading = readingOf(looking, view, query);
    const counts = counted ? [countStatement(reading)] : [];
    return [statement(reading), ...counts, ...parentCheck(reading)];
  };
  const open = through === undefined ? undefined : type;
  const answer = await look(looking, principal, query.asOf, build, open);
  const [rows = [], ...others] = answer.results;
  refuseMissingParent(query, others[counted ? 1 : 0]);
  return {
    rows,
    count: counted ? ((others[0]?.[0]?.["count"] as number | null | undefined) ?? 0) : undefined,
    meta: answer.meta,
    principal: answer.principal,
  };
};

const positionOf = (query: Query, row: DatabaseRow): Position => ({
  values: query.sort.map((_, position) => (row[`s${position}`] ?? null) as Literal | null),
  identifier: row["identifier"] as string,
});

const matchesRow = (condition: Condition, row: DatabaseRow): boolean =>
  matches(condition, {
    column: (name: MetadataColumn) => (row[name] ?? null) as string | number | null,
    payload: JSON.parse(row["payload"] as string) as JsonObject,
  });

const transactionSeen = (asOf: AsOf, meta: Meta): number =>
  asOf.kind === "transaction" ? asOf.transaction : meta.transaction;

const isPast = (asOf: AsOf, meta: Meta): boolean =>
  asOf.kind === "transaction" || (asOf.kind === "instant" && asOf.instant <= meta.lastRecordedAt);

const found = (query: Query, { rows, meta, count, principal }: Reply, partial = false): Found => {
  const more = rows.length > query.page.limit;
  const shown = more ? rows.slice(0, query.page.limit) : rows;
  const last = shown.at(-1);
  return {
    rows: shown as unknown as readonly Row[],
    next: more && last !== undefined ? positionOf(query, last) : null,
    transaction: transactionSeen(query.asOf, meta),
    lastRecordedAt: meta.lastRecordedAt,
    registryVersion: meta.registryVersion,
    // What is restricted is never kept: each time that it is shown is recorded.
    immutable:
      isPast(query.asOf, meta) && !partial && shown.every((row) => row["is_restricted"] === 0),
    ...(count === undefined ? {} : { count }),
    partial,
    principal,
  };
};

interface Walk extends Reply {
  /** How many rows satisfied the whole condition, kept or not. */
  readonly count: number;
  readonly partial: boolean;
}

/** How much of a walk is wanted. */
interface Wanted {
  /** Rows to skip, then rows to keep. */
  readonly skip: number;
  readonly keep: number;
  /** True: go on to the end, to count. */
  readonly all: boolean;
  readonly children: boolean;
  readonly until?: number;
}

/**
 * Walks a query whose condition SQL can only narrow, in pages of one snapshot, and keeps the rows
 * that satisfy the rest of it until there are enough.
 */
const walk = async (
  looking: Looking,
  principal: Principal,
  query: Query,
  residual: Condition,
  { skip, keep, all, children, until = Number.POSITIVE_INFINITY }: Wanted,
): Promise<Walk> => {
  const kept: DatabaseRow[] = [];
  let matched = 0;
  let asOf = query.asOf;
  const { after } = query.page;
  let page: Page = { limit: LIMITS.pageSizeDefault, ...(after === undefined ? {} : { after }) };
  for (let examined = 0; ;) {
    const reply = await askOnce(looking, principal, { ...query, asOf }, (reading) =>
      pageStatement(reading, page, children),
    );
    const { rows, meta } = reply;
    examined += rows.length;
    for (const row of rows) {
      if (!matchesRow(residual, row)) continue;
      matched += 1;
      if (matched > skip && kept.length < keep) kept.push(row);
    }
    const last = rows.at(-1);
    const enough = !all && kept.length >= keep;
    const over = last === undefined || rows.length < page.limit;
    const partial = !over && !enough && Date.now() >= until;
    if (over || enough || partial) return { ...reply, rows: kept, count: matched, partial };
    if (examined >= LIMITS.residualRowsMax) {
      throw new AppError("too_large", "Too many rows to examine; narrow the filters.");
    }
    if (asOf.kind === "now") asOf = { kind: "transaction", transaction: meta.transaction };
    page = { limit: LIMITS.pageSizeMax, after: positionOf(query, last) };
  }
};

const isLatest = ({ latest }: Looking, asOf: AsOf): boolean =>
  asOf.kind === "transaction" && asOf.transaction === latest.transaction;

/**
 * Reads one page of a query.
 *
 * @throws AppError `not_found` for an unknown or invisible parent, `invalid_as_of` for the future.
 */
export const find = async (
  looking: Looking,
  principal: Principal,
  query: Query,
  options: FindOptions,
): Promise<Found> => {
  const page = await findPage(looking, principal, query, options);
  await noteShown(looking, principal, page.rows);
  return page;
};

const findPage = async (
  looking: Looking,
  principal: Principal,
  query: Query,
  options: FindOptions,
): Promise<Found> => {
  const residual = residualOf(readingOf(looking, viewOf(principal, query.asOf), query));
  const wanted = query.page.limit + 1;
  if (residual !== null) {
    const skip = query.page.offset ?? 0;
    const { count: counted = false, ...rest } = options;
    const walked = await walk(looking, principal, query, residual, {
      ...rest,
      skip,
      keep: wanted,
      all: counted,
    });
    const { count: all, ...reply } = walked;
    return found(query, { ...reply, count: counted ? all : undefined }, walked.partial);
  }
  const ask = (asOf: AsOf): Promise<Reply> =>
    askOnce(
      looking,
      principal,
      { ...query, asOf },
      (reading) => pageStatement(reading, { ...query.page, limit: wanted }, options.children),
      options.count,
    );
  if (isLatest(looking, query.asOf)) {
    // Nothing has happened since, as far as is known: the present is that state, and cheaper to read.
    const reply = await ask(NOW);
    if (reply.meta.transaction === transactionSeen(query.asOf, reply.meta))
      return found(query, reply);
  }
  return found(query, await ask(query.asOf));
};

/** Counts the rows of a query; its page is ignored. */
export const count = async (
  looking: Looking,
  principal: Principal,
  query: Query,
): Promise<{ readonly count: number; readonly immutable: boolean }> => {
  const residual = residualOf(readingOf(looking, viewOf(principal, query.asOf), query));
  if (residual !== null) {
    const whole: Query = { ...query, page: { limit: LIMITS.pageSizeMax } };
    const walked = await walk(looking, principal, whole, residual, {
      children: false,
      skip: 0,
      keep: 0,
      all: true,
    });
    return { count: walked.count, immutable: isPast(query.asOf, walked.meta) };
  }
  const { rows, meta } = await askOnce(looking, principal, query, countStatement);
  return { count: (rows[0]?.["count"] as number | null) ?? 0, immutable: isPast(query.asOf, meta) };
};
