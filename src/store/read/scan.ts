/** Ordered scans of the rows of a query. */
import type { Page, SortKey } from "../../query/query.ts";
import { allOf, join, raw, sql, type Sql } from "../sql.ts";
import { limitOfArm, type Arm } from "./arms.ts";
import { branchesOf, type Branch, type SortColumn } from "./branches.ts";
import { pageArms, type Reading } from "./reading.ts";
import { columnsOf, currentSource, type Source } from "./source.ts";

/** A number in a place where SQLite expects one, and no text. */
export const whole = (count: number): Sql => sql`CAST(${count} AS INTEGER)`;

/** A branch over one arm: with its order and limit, or without them as a part of several. */
export interface Scan {
  readonly source: Source;
  readonly columns: readonly SortColumn[];
  readonly branch: Branch;
}

/** Every selection of rows of a page has these columns: where the row stands, and its sort values. */
export const rowColumns = (source: Source, columns: readonly SortColumn[]): Sql => {
  const values = columns.map((column, at) => sql`, ${column.value} AS ${raw(`s${at}`)}`);
  return sql`${raw(`${source.past} AS past, ${source.ref} AS ref, ${source.identifier} AS identifier`)}${join(values, "")}`;
};

const rowsOf = ({ source, columns, branch }: Scan): Sql =>
  sql`SELECT ${rowColumns(source, columns)} FROM ${source.from}
    WHERE ${allOf([branch.where, source.where])}`;

/** A selection of rows in the order of a branch. */
export const sortedRows = (
  rows: Sql,
  columns: readonly SortColumn[],
  branch: Branch,
  identifier: string,
  limit: Sql,
): Sql => {
  const order = branch.order.map(
    ({ position, suffix }) => sql`${columns[position]?.value ?? raw("NULL")} ${raw(suffix)}`,
  );
  return sql`${rows} ORDER BY ${join([...order, raw(identifier)], ", ")} LIMIT ${limit}`;
};

/** A sorted selection of a source's rows. */
export const scan = (one: Scan, limit: Sql): Sql => {
  const { source, columns, branch } = one;
  return sortedRows(rowsOf(one), columns, branch, source.identifier, limit);
};

/** One arm of a page with the branches of its order. */
interface ArmScans {
  readonly arm: Arm;
  readonly scans: readonly Scan[];
}

/** True for the order of creation. */
export const isCreation = ({ path: { column, segments } }: SortKey): boolean =>
  column === "created_at" && segments.length === 0;

/** In the order of creation, what is younger than the state is passed by as well. */
const isOldEnough = ({ query, view }: Reading, columns: readonly SortColumn[]): Sql => {
  const [key] = query.sort;
  const [column] = columns;
  if (view.snapshot === null || key === undefined || column === undefined) return raw("1");
  if (!isCreation(key)) return raw("1");
  return sql`${column.value} <= (SELECT t.recorded_at FROM transactions t WHERE t.id = ${view.snapshot})`;
};

const armScans = (reading: Reading, page: Page, arms: readonly Arm[]): readonly ArmScans[] =>
  arms.map((arm) => {
    const source = currentSource({ ...reading, arm });
    const columns = columnsOf(reading, source.scope);
    const isKnown = isOldEnough(reading, columns);
    const scans = branchesOf(columns, page.after, source.identifier).map((branch) => ({
      source,
      columns,
      branch: { ...branch, where: allOf([branch.where, isKnown]) },
    }));
    return { arm, scans };
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
    arm.kind === "class" || arm.kind === "candidates"
      ? rowsOf(one)
      : sql`SELECT * FROM (${scan(one, limitOfArm(arm, limit))})`,
  );
  const order = first.one.branch.order.map(({ position, suffix }) => `s${position} ${suffix}`);
  return sql`${join(rows, " UNION ALL ")}
    ORDER BY ${raw([...order, "identifier"].join(", "))} LIMIT ${limit}`;
};

/**
 * The current rows of a page, branch by branch: those of a branch come behind those of the one before
 * it, each branch in its order.
 *
 * @param arms the ways to them; absent: those of a page.
 */
export const branchScans = (
  reading: Reading,
  page: Page,
  limit: Sql,
  arms = pageArms(reading),
): readonly Sql[] => {
  const scans = armScans(reading, page, arms);
  return (scans[0]?.scans ?? []).map((_, at) => merged(scans, at, limit));
};
