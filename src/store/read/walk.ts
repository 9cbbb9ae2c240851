/** Walks over the rows of a query of whose condition SQL decides a part alone. */
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import type { Principal } from "../../identity/principal.ts";
import type { Condition, Literal } from "../../query/condition.ts";
import { matches, type ConditionRow } from "../../query/matches.ts";
import type { Page, Position, Query } from "../../query/query.ts";
import type { DatabaseRow } from "../database.ts";
import type { Looking } from "../meta.ts";
import { toRow, type Row } from "../row.ts";
import { askOnce, type Reply } from "./ask.ts";
import { pageIdentifiers, pageStatement } from "./page.ts";
import { conditionRow, distinctWays, relationsIn, waysOf } from "./related.ts";

/** Where a page goes on after a row of it. */
export const positionOf = (query: Query, row: DatabaseRow): Position => ({
  values: query.sort.map((_, position) => (row[`s${position}`] ?? null) as Literal | null),
  identifier: toRow(row).identifier,
});

/** What a walk found. */
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
  /** Told of every row that satisfies the condition. */
  readonly visit?: (row: ConditionRow, stored: Row) => void;
}

/**
 * Walks a query whose condition SQL can only narrow, in pages of one state, and keeps the rows
 * that satisfy the rest of it until there are enough.
 */
export const walk = async (
  looking: Looking,
  principal: Principal,
  query: Query,
  residual: Condition,
  wanted: Wanted,
): Promise<Walk> => {
  const { skip, keep, all, children, until = Number.POSITIVE_INFINITY, visit } = wanted;
  const kept: DatabaseRow[] = [];
  const ways = distinctWays(waysOf(relationsIn(residual)));
  let matched = 0;
  const { after } = query.page;
  let page: Page = { limit: LIMITS.pageSizeDefault, ...(after === undefined ? {} : { after }) };
  for (let examined = 0; ;) {
    const asked = page;
    const reply = await askOnce(looking, principal, query, {
      statement: (reading) => pageStatement(reading, asked, children),
      ...(ways.length === 0 ? {} : { ways, parents: (reading) => pageIdentifiers(reading, asked) }),
    });
    const { rows } = reply;
    examined += rows.length;
    for (const row of rows) {
      const stored = toRow(row);
      const seen = conditionRow(stored, reply.linked);
      if (!matches(residual, seen)) continue;
      visit?.(seen, stored);
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
    page = { limit: LIMITS.pageSizeMax, after: positionOf(query, last) };
  }
};
