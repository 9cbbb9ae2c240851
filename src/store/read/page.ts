/** SQL of one page of a query, and of its count. */
import type { Literal } from "../../query/condition.ts";
import type { Page, Query, SortKey } from "../../query/query.ts";
import type { PayloadType } from "../../schema/type.ts";
import type { RowLoad } from "./row-load.ts";
import { selectEither, selectRow, type SelectedRow } from "./row.ts";
import { isAcceptable } from "../sql/session.ts";
import { join, raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { historyRow, resourceRow } from "../visibility/visible.ts";
import { nullsOf, wholeKeyset } from "./keyset.ts";
import { pastPage } from "./past-page.ts";
import { pageInPlace, selectInPlace } from "./placed.ts";
import { scan, integerSql } from "./scan.ts";
import { allArms, type Reading } from "./reading.ts";
import { keysetSelections } from "./selections.ts";
import { columnsOf, currentSource, pastSource, type Source } from "./source.ts";
import { placeOf } from "./subtree.ts";

const outerOrder = (query: Query, alias: string): Sql =>
  raw(
    [
      ...query.sort.map(
        (key, position) =>
          `${alias}.s${position} ${key.direction} ${nullsOf(key.missing === "first")}`,
      ),
      `${alias}.identifier`,
    ].join(", "),
  );

/** The current rows of a page, and in a state of the past those that were superseded since. */
const selectionsOf = (reading: Reading, page: Page, limit: Sql): readonly Sql[] => {
  const { snapshot } = reading.view;
  const current = keysetSelections(reading, page, limit);
  if (snapshot === null) return current;
  const source = pastSource(reading, snapshot);
  const columns = columnsOf(reading, source.scope);
  const branch = wholeKeyset(columns, page.after, source.identifier);
  return [...current, scan({ source, columns, branch }, limit)];
};

/** Whether a page of the past is looked for among candidates first: see `past-page.ts`. */
type Candidates = "tried" | "left out";

/** The rows of a page from anywhere, and perhaps some more, in no order. */
const pageAnywhere = (reading: Reading, page: Page, candidates: Candidates): Sql => {
  const { snapshot } = reading.view;
  const count = page.limit + (page.offset ?? 0);
  const isTried = snapshot !== null && candidates === "tried";
  const past = isTried ? pastPage(reading, page, snapshot, count) : undefined;
  const selections = selectionsOf(reading, page, past?.otherwise ?? integerSql(count));
  const rows = join(
    selections.map((each) => sql`SELECT * FROM (${each})`),
    " UNION ALL ",
  );
  return past === undefined ? rows : sql`WITH ${past.relations} ${rows} UNION ALL ${past.rows}`;
};

const pageRows = (reading: Reading, page: Page, candidates: Candidates): Sql => {
  const { query } = reading;
  const place = placeOf(query);
  const rows =
    place === undefined
      ? pageAnywhere(reading, page, candidates)
      : pageInPlace(reading, page, place);
  return sql`SELECT * FROM (${rows}) m ORDER BY ${outerOrder(query, "m")}
    LIMIT ${integerSql(page.limit)} OFFSET ${integerSql(page.offset ?? 0)}`;
};

/** Bytes of a sort value up to which it comes along with its row. */
const SORT_BYTES = 1_024;

/** True for sort keys whose values are short, whatever a row holds. */
const isShort = (key: SortKey, type: PayloadType | null): boolean => {
  const [first, ...rest] = key.path.segments;
  if (key.path.column !== undefined) return true;
  const field =
    first?.kind === "key" && rest.length === 0 ? type?.fields.get(first.name) : undefined;
  return field?.column === true && !["string", "list", "json"].includes(field.kind);
};

/**
 * The sort values of a page's rows. In place of a long text `w0`, `w1`, ... tell that there is one:
 * it is needed of one row alone, from which the next page goes on.
 */
const sortValues = ({ query, type }: Reading, { most }: RowLoad, alias: string): Sql =>
  raw(
    query.sort
      .map((key, position) => {
        const value = `${alias}.s${position}`;
        if (most === undefined || isShort(key, type)) return `${value}, `;
        const size = `octet_length(${value})`;
        return `CASE WHEN ${size} <= ${SORT_BYTES} THEN ${value} END AS s${position}, ${size} > ${SORT_BYTES} AS w${position}, `;
      })
      .join(""),
  );

/**
 * A page of the present by one sort key: its branches one after the other, joined to their resources.
 * SQLite runs the terms of a UNION ALL from left to right and stops at the limit, so that one that is
 * not needed is not even begun.
 */
const presentPage = (reading: Reading, page: Page, load: RowLoad): Sql => {
  const limit = integerSql(page.limit);
  const branches = keysetSelections(reading, page, limit);
  const [only] = branches;
  const rows =
    branches.length === 1 && only !== undefined
      ? only
      : sql`${join(
          branches.map((branch) => sql`SELECT * FROM (${branch})`),
          " UNION ALL ",
        )} LIMIT ${limit}`;
  return sql`SELECT ${sortValues(reading, load, "p")}${selectRow(reading.view, resourceRow("r"), load)}
    FROM (${rows}) p CROSS JOIN resources r ON r.rid = p.ref`;
};

/** A page of any state: the scans of current and superseded rows, merged. */
const mergedPage = (reading: Reading, page: Page, load: RowLoad, candidates: Candidates): Sql => {
  const { query, view } = reading;
  const values = sortValues(reading, load, "p");
  const end = sql`ORDER BY ${outerOrder(query, "p")} LIMIT ${integerSql(page.limit)}`;
  if (view.snapshot === null) {
    return sql`WITH page AS (${pageRows(reading, page, candidates)})
      SELECT ${values}${selectRow(view, resourceRow("r"), load)}
      FROM page p CROSS JOIN resources r ON r.rid = p.ref ${end}`;
  }
  // The page is named once: SQLite works it through for each time that it is.
  const rows = [resourceRow("r"), historyRow("h")] as const;
  return sql`WITH page AS MATERIALIZED (${pageRows(reading, page, candidates)})
    SELECT ${values}${selectEither(view, "p.past", rows, load)} FROM page p
    LEFT JOIN resources r ON r.rid = CASE p.past WHEN 0 THEN p.ref END
    LEFT JOIN history h ON h.hid = CASE p.past WHEN 1 THEN p.ref END ${end}`;
};

/** A row of a page, with its sort values; `w0` is 1 where `s0` is too long to come along. */
export interface PageRow extends SelectedRow {
  readonly [value: `s${number}`]: Literal | null;
  readonly [isLong: `w${number}`]: number | null;
}

/** How many rows there are; null where there is nothing to add up. */
export interface CountRow {
  readonly count: number | null;
}

/** The statement of one page: rows with their sort values s0, s1, ... in order. */
export function pageStatement(reading: Reading, page: Page, load: RowLoad): Statement<PageRow> {
  const { query, view } = reading;
  const isPresent = view.snapshot === null && page.offset === undefined;
  const isWalked = isPresent && query.sort.length === 1 && placeOf(query) === undefined;
  if (isWalked) return presentPage(reading, page, load);
  const statement = mergedPage(reading, page, load, "tried");
  // Candidates make a statement of the past longer: one that the platform would refuse does without them.
  return view.snapshot === null || isAcceptable(statement)
    ? statement
    : mergedPage(reading, page, load, "left out");
}

// Counting the rows of a subquery costs a quarter more than counting those of a table.
const countedIn = ({ from, where }: Source): Sql =>
  sql`SELECT count(*) AS count FROM ${from} WHERE ${where}`;

const one = ({ from, where }: Source): Sql => sql`SELECT 1 FROM ${from} WHERE ${where}`;

/** The statement that counts, for conditions that SQL decides alone. */
export function countStatement(reading: Reading): Statement<CountRow> {
  const { query, view } = reading;
  const place = placeOf(query);
  if (place !== undefined) {
    return sql`SELECT count(*) AS count FROM (${selectInPlace(reading, place, one)})`;
  }
  const counts = [
    ...allArms(reading).map((arm) => currentSource({ ...reading, arm })),
    ...(view.snapshot === null ? [] : [pastSource(reading, view.snapshot)]),
  ].map(countedIn);
  return sql`SELECT sum(count) AS count FROM (${join(counts, " UNION ALL ")})`;
}

/**
 * The statement of the identifiers on a page, without their rows. It is a part of longer statements: with
 * candidates they could have more parameters than the platform accepts.
 */
export function pageIdentifiers(reading: Reading, page: Page): Sql {
  return sql`SELECT identifier FROM (${pageRows(reading, page, "left out")})`;
}
