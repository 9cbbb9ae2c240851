/** SQL of one page of a query, and of its count. */
import type { Page, Query } from "../../query/query.ts";
import { selectRow } from "../row.ts";
import { allOf, join, raw, sql, type Sql } from "../sql.ts";
import { branchesOf, nullsOf, wholeBranch, type Branch, type SortColumn } from "./branches.ts";
import { columnsOf, currentSource, pastSource, type Reading, type Source } from "./source.ts";
import { eachReach, limitOf } from "./under.ts";

const whole = (count: number): Sql => sql`CAST(${count} AS INTEGER)`;

const scan = (source: Source, columns: readonly SortColumn[], branch: Branch, limit: Sql): Sql => {
  const values = columns.map(
    (column, position) => sql`, ${column.value} AS ${raw(`s${position}`)}`,
  );
  const order = join([...branch.order, raw(source.identifier)], ", ");
  return sql`SELECT ${raw(`${source.past} AS past, ${source.ref} AS ref, ${source.identifier} AS identifier`)}${join(values, "")}
    FROM ${source.from} WHERE ${allOf([branch.where, source.where])}
    ORDER BY ${order} LIMIT ${limit}`;
};

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

const pageRows = (reading: Reading, page: Page): Sql => {
  const { query, view } = reading;
  const source = currentSource(reading);
  const window = limitOf(reading, whole(page.limit + (page.offset ?? 0)));
  const columns = columnsOf(reading, source.scope);
  const branches =
    reading.reach === "few"
      ? [wholeBranch(columns, page.after, source.identifier)]
      : branchesOf(columns, page.after, source.identifier);
  const scans = branches.map((branch) => scan(source, columns, branch, window));
  if (view.snapshot !== null) {
    const past = pastSource(reading, view.snapshot);
    const pastColumns = columnsOf(reading, past.scope);
    scans.push(
      scan(past, pastColumns, wholeBranch(pastColumns, page.after, past.identifier), window),
    );
  }
  const merged = join(
    scans.map((each) => sql`SELECT * FROM (${each})`),
    " UNION ALL ",
  );
  return sql`SELECT * FROM (${merged}) m ORDER BY ${outerOrder(query, "m")}
    LIMIT CAST(${page.limit} AS INTEGER) OFFSET CAST(${page.offset ?? 0} AS INTEGER)`;
};

const sortValues = (query: Query): Sql =>
  raw(query.sort.map((_, position) => `p.s${position}, `).join(""));

/**
 * A page of the present by one sort key: its scans joined to their resources, one after the other.
 * SQLite runs the arms of a UNION ALL from left to right and stops at the limit, so that an arm that
 * is not needed is not even begun.
 */
const presentPage = (reading: Reading, page: Page, children: boolean): Sql => {
  const { query, view } = reading;
  const source = currentSource(reading);
  const columns = columnsOf(reading, source.scope);
  const arms = branchesOf(columns, page.after, source.identifier).map(
    (branch) => sql`SELECT ${sortValues(query)}${selectRow(view, "r", { children })}
      FROM (${scan(source, columns, branch, limitOf(reading, whole(page.limit)))}) p
      CROSS JOIN resources r ON r.rid = p.ref`,
  );
  return sql`${join(arms, " UNION ALL ")} LIMIT CAST(${page.limit} AS INTEGER)`;
};

/** A page of any state: the scans of current and superseded rows, merged. */
const mergedPage = (reading: Reading, page: Page, children: boolean): Sql => {
  const { query, view } = reading;
  const from = (table: string, key: string, past: 0 | 1): Sql => {
    const alias = past === 0 ? "r" : "h";
    const identifier = raw(view.snapshot === null ? "" : "p.identifier, ");
    return sql`SELECT ${sortValues(query)}${identifier}${selectRow(view, alias, { children })}
      FROM page p CROSS JOIN ${raw(`${table} ${alias} ON ${alias}.${key} = p.ref`)}
      ${raw(view.snapshot === null ? "" : `WHERE p.past = ${past}`)}`;
  };
  const current = from("resources", "rid", 0);
  if (view.snapshot === null) {
    return sql`WITH page AS (${pageRows(reading, page)}) ${current} ORDER BY ${outerOrder(query, "p")} LIMIT CAST(${page.limit} AS INTEGER)`;
  }
  return sql`WITH page AS MATERIALIZED (${pageRows(reading, page)})
    SELECT * FROM (${current} UNION ALL ${from("history", "hid", 1)}) v ORDER BY ${outerOrder(query, "v")}
    LIMIT CAST(${page.limit} AS INTEGER)`;
};

/** The statement of one page: rows with their sort values s0, s1, ... in order. */
export const pageStatement = (reading: Reading, page: Page, children: boolean): Sql => {
  const isPresent = reading.view.snapshot === null && page.offset === undefined;
  const isWalked = isPresent && reading.query.sort.length === 1;
  return eachReach(reading, (each) =>
    isWalked && each.reach !== "few"
      ? presentPage(each, page, children)
      : mergedPage(each, page, children),
  );
};

// Counting the rows of a subquery costs a quarter more than counting those of a table.
const countedIn = (reading: Reading, { from, where }: Source): Sql =>
  reading.reach === undefined
    ? sql`SELECT count(*) AS count FROM ${from} WHERE ${where}`
    : sql`SELECT count(*) AS count FROM (
        SELECT 1 FROM ${from} WHERE ${where} LIMIT ${limitOf(reading, raw("-1"))})`;

const counts = (reading: Reading): Sql => {
  const current = countedIn(reading, currentSource(reading));
  const { snapshot } = reading.view;
  if (snapshot === null) return current;
  return sql`${current} UNION ALL ${countedIn(reading, pastSource(reading, snapshot))}`;
};

/** The statement that counts, for conditions that SQL decides alone. */
export const countStatement = (reading: Reading): Sql =>
  sql`SELECT sum(count) AS count FROM (${eachReach(reading, counts)})`;

/** The statement of the identifiers on a page, without their rows. */
export const pageIdentifiers = (reading: Reading, page: Page): Sql =>
  eachReach(reading, (each) => sql`SELECT identifier FROM (${pageRows(each, page)})`);
