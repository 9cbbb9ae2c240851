/** Walks over the rows of a query of whose condition SQL decides a part alone. */
import { LIMITS } from "../../model/limits.ts";
import type { Principal } from "../../identity/principal.ts";
import type { Condition } from "../../query/condition.ts";
import { matches, type ConditionRow } from "../../query/matches.ts";
import {
  memberNames,
  membersOfCondition,
  NO_MEMBERS,
  unionOf,
  type Members,
} from "../../query/members.ts";
import type { Page, Query } from "../../query/query.ts";
import type { ReadContext } from "./read-context.ts";
import { shareOf, type RowLoad } from "./row-load.ts";
import { toDraft, type Draft, type Row } from "./row.ts";
import { readOnce, type Reply } from "./read-once.ts";
import {
  fittingParts,
  loadMissing,
  positionAfter,
  rowsOfQuery,
  weightOf,
  type LoadAgain,
} from "./complete.ts";
import { pageIdentifiers, pageStatement, type PageRow } from "./page.ts";
import { conditionRow, distinctWays, LinkedOverflow, relationsIn, waysOf } from "./related.ts";

/** What a walk found. */
interface Walk extends Reply {
  /** A draft of each row that was kept. */
  readonly drafts: readonly Draft[];
  /** How many rows satisfied the whole condition, kept or not. */
  readonly count: number;
  readonly partial: boolean;
}

/** How much of a walk is wanted. */
interface Wanted {
  /** Rows to skip, then rows to keep: so many, or fewer that fill a page. */
  readonly skip: number;
  readonly keep: number;
  /** True: go on to the end, to count. */
  readonly all: boolean;
  readonly children: boolean;
  /** Top-level members that are needed of the rows that are kept; absent: all. */
  readonly shown?: readonly string[];
  /** Bytes of a page; absent: as many as any page has. */
  readonly bytes?: number;
  readonly until?: number;
  /** Told of every row that satisfies the condition. */
  readonly visit?: (row: ConditionRow, stored: Row) => void;
  /** What it looks at. */
  readonly visited?: Members;
}

/** The rows that are kept, until there are enough or a page is full. */
const keeper = ({ skip, keep, bytes: most = LIMITS.pageBytesMax }: Wanted) => {
  const rows: PageRow[] = [];
  const drafts: Draft[] = [];
  let matched = 0;
  let bytes = 0;
  const isFull = (): boolean => rows.length >= keep || bytes > most;
  return {
    rows,
    drafts,
    isFull,
    count: () => matched,
    add: (row: PageRow, draft: Draft): void => {
      matched += 1;
      if (matched <= skip || isFull()) return;
      rows.push(row);
      drafts.push(draft);
      bytes += weightOf(draft);
    },
  };
};

/** A draft as those who are shown the row see it: it may have come without what they want. */
const draftShown = (draft: Draft, covers: boolean): Draft =>
  covers ? draft : { ...draft, missing: Math.max(draft.missing, draft.rest) };

/** What a statement of a walk loads, and whether that is all that is wanted of a row. */
const loadOf = ({ children, keep, shown, visited = NO_MEMBERS }: Wanted, needed: Members) => {
  const isPart = keep === 0 || shown !== undefined;
  const members = memberNames(unionOf([needed, visited, new Set(isPart ? shown : [])]));
  const covers = isPart || members === undefined;
  const load: RowLoad = {
    children,
    tells: !covers,
    ...(members === undefined ? {} : { members }),
  };
  return { load, covers };
};

/** A page, or the first part of it where more is linked to its rows than one answer may hold. */
const readFitting = async (
  page: Page,
  ask: (page: Page) => Promise<Reply>,
): Promise<{ readonly reply: Reply; readonly limit: number }> => {
  try {
    return { reply: await ask(page), limit: page.limit };
  } catch (error) {
    if (!(error instanceof LinkedOverflow) || page.limit === 1) throw error;
    return readFitting({ ...page, limit: Math.ceil(page.limit / 8) }, ask);
  }
};

/** Takes rows in their order; what did not come of them is loaded in parts that fit in memory. */
const eachRow = async (
  rows: readonly PageRow[],
  again: LoadAgain,
  take: (row: Row, draft: Draft, stored: PageRow) => Promise<void>,
): Promise<void> => {
  let at = 0;
  for (const part of fittingParts(rows.map(toDraft))) {
    const rowOf = await loadMissing(part, again);
    for (const draft of part) {
      const row = rowOf(draft);
      const stored = rows[at];
      if (row !== undefined && stored !== undefined) await take(row, draft, stored);
      at += 1;
    }
  }
};

/**
 * Walks a query whose condition SQL can only narrow, in pages of one state, and keeps the rows
 * that satisfy the rest of it until there are enough. Of the others it loads no more than the
 * condition looks at.
 */
export async function walk(
  readContext: ReadContext,
  principal: Principal,
  query: Query,
  residual: Condition,
  wanted: Wanted,
): Promise<Walk> {
  const { all, until = Number.POSITIVE_INFINITY, visit } = wanted;
  const { load, covers } = loadOf(wanted, membersOfCondition(residual));
  const kept = keeper(wanted);
  const ways = distinctWays(waysOf(relationsIn(residual)));
  const again = rowsOfQuery(readContext, principal, query, { ...load, children: false });
  const { after } = query.page;
  let page: Page = { limit: LIMITS.pageSizeDefault, ...(after === undefined ? {} : { after }) };
  for (;;) {
    const { reply, limit } = await readFitting(page, (asked) =>
      readOnce(readContext, principal, query, {
        statement: (reading) =>
          pageStatement(reading, asked, { ...load, most: shareOf(asked.limit) }),
        ...(ways.length === 0
          ? {}
          : { ways, parents: (reading) => pageIdentifiers(reading, asked) }),
      }),
    );
    const { rows } = reply;
    readContext.budget.test(rows.length);
    await eachRow(rows, again, async (row, draft, stored) => {
      await readContext.budget.giveTurn();
      const seen = conditionRow(row, reply.linked);
      if (!matches(residual, seen, readContext.budget.compare)) return;
      visit?.(seen, row);
      kept.add(stored, draftShown(draft, covers));
    });
    const last = rows.at(-1);
    const enough = !all && kept.isFull();
    const over = last === undefined || rows.length < limit;
    const partial = !over && !enough && Date.now() >= until;
    if (over || enough || partial) {
      return { ...reply, rows: kept.rows, drafts: kept.drafts, count: kept.count(), partial };
    }
    readContext.budget.requireRoom();
    const next = await positionAfter(readContext, principal, query, last);
    page = { limit: LIMITS.pageSizeMax, after: next };
  }
}
