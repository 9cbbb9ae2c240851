/** The rows of a query that is restricted to a part of the tree, by either way to find them. */
import type { Page } from "../../query/query.ts";
import { join, raw, sql, type Sql } from "../sql/template.ts";
import { wholeKeyset } from "./keyset.ts";
import { inOrder, narrowed } from "./candidates.ts";
import { namedIn } from "./identifier-filter.ts";
import { rowColumns, scan, sortedRows, integerSql } from "./scan.ts";
import { allArms, isReversed, type Reading } from "./reading.ts";
import {
  columnsOf,
  currentSource,
  pastSource,
  supersededOfTypes,
  type Source,
  type SourceOptions,
} from "./source.ts";
import { versionsUnder } from "./versions-under.ts";
import { currentScope } from "./split.ts";
import { inPlace, triedInOrder, TRIED_OF_ALL, type Attempt, type Place } from "./subtree.ts";

const TRIED = raw("(SELECT tried FROM guess)");

/** Whether all candidates were few enough to be tried. */
const FOUND = raw("(SELECT candidates FROM found)");

/** Limit of a scan of candidates. SQLite looks at it before it begins one. */
const ifFound = (limit: Sql): Sql =>
  sql`(SELECT CASE WHEN candidates THEN ${limit} ELSE 0 END FROM found)`;

const foundWhere = (condition: Sql): Sql =>
  sql`found(candidates) AS MATERIALIZED (SELECT ${condition} FROM guess g)`;

/** Holds when a selection has no more rows than may be tried. */
const isWithin = (rows: Sql): Sql =>
  sql`(SELECT count(*) FROM (${rows} LIMIT ${TRIED} + 1)) <= g.tried`;

/** How many candidates are tried: as many as are good, or as many as the reading says. */
const triedBy = ({ tried }: Reading, good: Sql): Sql =>
  tried === undefined ? good : raw(String(tried));

/** The sources of what lies in the place: of current rows and, in a past state, of superseded ones. */
const sourcesUnder = (reading: Reading, wanted?: SourceOptions["wanted"]): readonly Source[] => {
  const { snapshot } = reading.view;
  const options = wanted === undefined ? {} : { wanted };
  const current = currentSource(reading, { ...options, examined: "under" });
  return snapshot === null ? [current] : [current, pastSource(reading, snapshot, "under")];
};

/** The sources of the rows that the query finds anywhere, each of which is asked where it lies. */
const sourcesAnywhere = (reading: Reading, wanted?: SourceOptions["wanted"]): readonly Source[] => {
  const { snapshot } = reading.view;
  const options = wanted === undefined ? {} : { wanted };
  const current = allArms(reading).map((arm) => currentSource({ ...reading, arm }, options));
  return snapshot === null ? current : [...current, pastSource(reading, snapshot)];
};

/** Tries all rows that the query finds anywhere; undefined where these are too many in any case. */
const attemptAtAll = (reading: Reading): Attempt | undefined => {
  const named = namedIn(reading.query);
  if (named !== undefined) {
    const { length } = JSON.parse(named) as readonly unknown[];
    const tried = triedBy(reading, sql`coalesce(size / 2, ${integerSql(length)})`);
    const isFew = sql`${integerSql(length)} <= g.tried`;
    return { tried, expressions: [foundWhere(isFew)], isEnough: FOUND };
  }
  const rows = narrowed(reading);
  if (rows === undefined || reading.view.snapshot !== null) return undefined;
  const tried = triedBy(reading, TRIED_OF_ALL);
  return { tried, expressions: [foundWhere(isWithin(rows))], isEnough: FOUND };
};

/**
 * A statement over what is selected from each source of a reading in a place, be it found from the
 * subtree or among candidates.
 *
 * @param wanted further expressions over the scope that the selection has.
 */
export function selectInPlace(
  reading: Reading,
  place: Place,
  select: (source: Source) => Sql,
  wanted?: SourceOptions["wanted"],
): Sql {
  const attempt = attemptAtAll(reading);
  const under = sourcesUnder(reading, wanted).map(
    (source) => sql`SELECT * FROM (${select(source)})`,
  );
  const anywhere = attempt === undefined ? [] : sourcesAnywhere(reading, wanted);
  const candidates = anywhere.map(
    (source) => sql`SELECT * FROM (${select(source)} LIMIT ${ifFound(raw("-1"))})`,
  );
  return inPlace({ ...reading, place }, attempt, join([...under, ...candidates], " UNION ALL "));
}

/** The superseded rows of a page among candidates, as far as these are few. */
const pastAttempt = (reading: Reading, page: Page, snapshot: Sql, wanted: Sql): readonly Sql[] => {
  const source = pastSource(reading, snapshot);
  const columns = columnsOf(reading, source.scope);
  const branch = wholeKeyset(columns, page.after, source.identifier);
  const rows = sql`SELECT 1 FROM history h
    WHERE ${supersededOfTypes(reading)} AND h.tx_to > ${snapshot}`;
  const limit = sql`(SELECT CASE WHEN few THEN ${wanted} ELSE 0 END FROM past)`;
  return [
    sql`past(few) AS MATERIALIZED (SELECT ${isWithin(rows)} FROM guess g)`,
    sql`walked_past AS MATERIALIZED (${scan({ source, columns, branch }, limit)})`,
  ];
};

/**
 * Tries the first rows in the order of the page. Behind them, where there are no more than may be
 * tried, stands one without a row. In a state of the past the rows that were superseded since are in
 * no order, and all of them are tried.
 */
const attemptInOrder = (reading: Reading, page: Page): Attempt | undefined => {
  const first = namedIn(reading.query) === undefined ? inOrder(reading, page, TRIED) : undefined;
  if (first === undefined) return undefined;
  const { snapshot } = reading.view;
  const count = page.limit + (page.offset ?? 0);
  const wanted = integerSql(count);
  const rows = sql`${first} UNION ALL SELECT NULL LIMIT ${TRIED}`;
  const source = currentSource(reading, { examined: { rows } });
  const walked = sql`walked AS MATERIALIZED (
    SELECT ${rowColumns(source, columnsOf(reading, source.scope))} FROM ${source.from}
    WHERE c.ref IS NULL OR (${source.where}) LIMIT ${wanted})`;
  const isFull = sql`(SELECT count(ref) >= ${wanted} OR count(ref) < count(*) FROM walked)`;
  const isPastFew = snapshot === null ? raw("1") : raw("(SELECT few FROM past)");
  return {
    tried: triedBy(reading, triedInOrder(count, isReversed(reading))),
    expressions: [
      ...(snapshot === null ? [] : pastAttempt(reading, page, snapshot, wanted)),
      walked,
    ],
    isEnough: sql`(${isPastFew} AND ${isFull})`,
  };
};

/** The first rows of each source, in the order of a page. */
const sorted = (
  sources: readonly Source[],
  reading: Reading,
  page: Page,
  limit: Sql,
): readonly Sql[] =>
  sources.map((source) => {
    const columns = columnsOf(reading, source.scope);
    const branch = wholeKeyset(columns, page.after, source.identifier);
    return sql`SELECT * FROM (${scan({ source, columns, branch }, limit)})`;
  });

/** The first rows that lie in the place, in the order of a page. */
const sortedUnder = (reading: Reading, page: Page, limit: Sql): readonly Sql[] => {
  const { snapshot } = reading.view;
  if (snapshot === null) return sorted(sourcesUnder(reading), reading, page, limit);
  const columns = columnsOf(reading, currentScope(reading)).map((column, at) => ({
    ...column,
    value: raw(`u.s${at}`),
  }));
  const branch = wholeKeyset(columns, page.after, "u.identifier");
  return [
    sql`SELECT * FROM (${sortedRows(sql`SELECT * FROM (${versionsUnder(reading, snapshot)}) u WHERE ${branch.where}`, columns, branch, "u.identifier", limit)})`,
  ];
};

/** The rows of a page in a place, and perhaps some more, in no order. */
export function pageInPlace(reading: Reading, page: Page, place: Place): Sql {
  const limit = integerSql(page.limit + (page.offset ?? 0));
  const under = sortedUnder(reading, page, limit);
  const ordered = attemptInOrder(reading, page);
  if (ordered !== undefined) {
    // What was walked in vain lies there as well: in both it is the same row.
    const walked = [
      raw("SELECT * FROM walked WHERE ref IS NOT NULL"),
      ...(reading.view.snapshot === null ? [] : [raw("SELECT * FROM walked_past")]),
    ];
    return inPlace({ ...reading, place }, ordered, join([...under, ...walked], " UNION "));
  }
  const attempt = attemptAtAll(reading);
  const anywhere = attempt === undefined ? [] : sourcesAnywhere(reading);
  const candidates = sorted(anywhere, reading, page, ifFound(limit));
  return inPlace({ ...reading, place }, attempt, join([...under, ...candidates], " UNION ALL "));
}
