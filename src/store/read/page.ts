/** SQL of one page of a query, and of its count. */
import type { Page, Query } from "../../query/query.ts";
import { selectRow } from "../row.ts";
import { allOf, join, raw, sql, type Sql } from "../sql.ts";
import { historyRow, resourceRow } from "../visible.ts";
import { limitOfArm, type Arm } from "./arms.ts";
import { branchesOf, nullsOf, wholeBranch, type Branch, type SortColumn } from "./branches.ts";
import {
  allArms,
  columnsOf,
  currentSource,
  pageArms,
  pastSource,
  type Reading,
  type Source,
} from "./source.ts";
import { eachReach, limitOf } from "./under.ts";

const whole = (count: number): Sql => sql`CAST(${count} AS INTEGER)`;

/** A branch over one arm: with its order and limit, or without them as a part of several. */
interface Scan {
  readonly source: Source;
  readonly columns: readonly SortColumn[];
  readonly branch: Branch;
}

const rowsOf = ({ source, columns, branch }: Scan): Sql => {
  const values = columns.map(
    (column, position) => sql`, ${column.value} AS ${raw(`s${position}`)}`,
  );
  return sql`SELECT ${raw(`${source.past} AS past, ${source.ref} AS ref, ${source.identifier} AS identifier`)}${join(values, "")}
    FROM ${source.from} WHERE ${allOf([branch.where, source.where])}`;
};

const scan = (one: Scan, limit: Sql): Sql => {
  const { source, columns, branch } = one;
  const order = branch.order.map(
    ({ position, suffix }) => sql`${columns[position]?.value ?? raw("NULL")} ${raw(suffix)}`,
  );
  return sql`${rowsOf(one)} ORDER BY ${join([...order, raw(source.identifier)], ", ")} LIMIT ${limit}`;
};

/** One arm of a page with the branches of its order. */
interface ArmScans {
  readonly arm: Arm;
  readonly scans: readonly Scan[];
}

const armScans = (reading: Reading, page: Page): readonly ArmScans[] =>
  pageArms(reading).map((arm) => {
    const source = currentSource({ ...reading, arm });
    const columns = columnsOf(reading, source.scope);
    const branches =
      reading.reach === "few"
        ? [wholeBranch(columns, page.after, source.identifier)]
        : branchesOf(columns, page.after, source.identifier);
    return { arm, scans: branches.map((branch) => ({ source, columns, branch })) };
  });

/**
 * One branch of a page over all its arms, in order. SQLite merges arms that come in their order as
 * far as the limit asks, so that each of them is read no further.
 */
const merged = (arms: readonly ArmScans[], at: number, limit: Sql): Sql => {
  const parts = arms.flatMap(({ arm, scans }) => {
    const one = scans[at];
    return one === undefined ? [] : [{ arm, one }];
  });
  const [first] = parts;
  if (first === undefined) throw new Error("A page has no arm.");
  if (parts.length === 1) return scan(first.one, limitOfArm(first.arm, limit));
  const rows = parts.map(({ arm, one }) =>
    arm.kind === "class" ? rowsOf(one) : sql`SELECT * FROM (${scan(one, limitOfArm(arm, limit))})`,
  );
  const order = first.one.branch.order.map(({ position, suffix }) => `s${position} ${suffix}`);
  return sql`${join(rows, " UNION ALL ")}
    ORDER BY ${raw([...order, "identifier"].join(", "))} LIMIT ${limit}`;
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
  const window = limitOf(reading, whole(page.limit + (page.offset ?? 0)));
  const arms = armScans(reading, page);
  const scans = (arms[0]?.scans ?? []).map((_, at) => merged(arms, at, window));
  if (view.snapshot !== null) {
    const source = pastSource(reading, view.snapshot);
    const columns = columnsOf(reading, source.scope);
    const branch = wholeBranch(columns, page.after, source.identifier);
    scans.push(scan({ source, columns, branch }, window));
  }
  const rows = join(
    scans.map((each) => sql`SELECT * FROM (${each})`),
    " UNION ALL ",
  );
  return sql`SELECT * FROM (${rows}) m ORDER BY ${outerOrder(query, "m")}
    LIMIT CAST(${page.limit} AS INTEGER) OFFSET CAST(${page.offset ?? 0} AS INTEGER)`;
};

const sortValues = (query: Query): Sql =>
  raw(query.sort.map((_, position) => `p.s${position}, `).join(""));

/**
 * A page of the present by one sort key: its branches one after the other, joined to their resources.
 * SQLite runs the terms of a UNION ALL from left to right and stops at the limit, so that one that is
 * not needed is not even begun.
 */
const presentPage = (reading: Reading, page: Page, children: boolean): Sql => {
  const { query, view } = reading;
  const arms = armScans(reading, page);
  const limit = limitOf(reading, whole(page.limit));
  const branches = (arms[0]?.scans ?? []).map((_, at) => merged(arms, at, limit));
  const [only] = branches;
  const rows =
    branches.length === 1 && only !== undefined
      ? only
      : sql`${join(
          branches.map((branch) => sql`SELECT * FROM (${branch})`),
          " UNION ALL ",
        )} LIMIT ${limit}`;
  return sql`SELECT ${sortValues(query)}${selectRow(view, resourceRow("r"), { children })}
    FROM (${rows}) p CROSS JOIN resources r ON r.rid = p.ref`;
};

/** A page of any state: the scans of current and superseded rows, merged. */
const mergedPage = (reading: Reading, page: Page, children: boolean): Sql => {
  const { query, view } = reading;
  const from = (table: string, key: string, past: 0 | 1): Sql => {
    const row = past === 0 ? resourceRow("r") : historyRow("h");
    const { alias } = row;
    const identifier = raw(view.snapshot === null ? "" : "p.identifier, ");
    return sql`SELECT ${sortValues(query)}${identifier}${selectRow(view, row, { children })}
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
  const { snapshot } = reading.view;
  const arms = allArms(reading);
  const sources = [
    ...arms.map((arm) => currentSource({ ...reading, arm })),
    ...(snapshot === null ? [] : [pastSource(reading, snapshot)]),
  ];
  return join(
    sources.map((source) => countedIn(reading, source)),
    " UNION ALL ",
  );
};

/** The statement that counts, for conditions that SQL decides alone. */
export const countStatement = (reading: Reading): Sql =>
  sql`SELECT sum(count) AS count FROM (${eachReach(reading, counts)})`;

/** The statement of the identifiers on a page, without their rows. */
export const pageIdentifiers = (reading: Reading, page: Page): Sql =>
  eachReach(reading, (each) => sql`SELECT identifier FROM (${pageRows(each, page)})`);
