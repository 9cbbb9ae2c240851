/** Ordered scans of the rows of a query. */
import type { Page } from "../../query/query.ts";
import { allOf, join, raw, sql, type Sql } from "../sql/template.ts";
import type { View } from "../visibility/visible.ts";
import { limitOfArm, type Arm } from "./arms.ts";
import { keysetScans, isCreation, type KeysetScan, type SortColumn } from "./keyset.ts";
import { laneRows, type Stretch } from "./lanes.ts";
import { pageArms, type Reading } from "./reading.ts";
import { columnsOf, currentSource, type Source } from "./source.ts";

/**
 * A number in a place where SQLite expects one, and no text. A parameter: for a limit that it knows,
 * SQLite would rather sort all rows than take the first ones of an index.
 */
export function integerSql(count: number): Sql {
  return sql`CAST(${count} AS INTEGER)`;
}

/** A branch over one arm: with its order and limit, or without them as a part of several. */
export interface Scan {
  readonly source: Source;
  readonly columns: readonly SortColumn[];
  readonly branch: KeysetScan;
}

/** Every selection of rows of a page has these columns: where the row stands, and its sort values. */
export function rowColumns(source: Source, columns: readonly SortColumn[]): Sql {
  const values = columns.map((column, at) => sql`, ${column.value} AS ${raw(`s${at}`)}`);
  return sql`${raw(`${source.past} AS past, ${source.ref} AS ref, ${source.identifier} AS identifier`)}${join(values, "")}`;
}

const rowsOf = ({ source, columns, branch }: Scan): Sql =>
  sql`SELECT ${rowColumns(source, columns)} FROM ${source.from}
    WHERE ${allOf([branch.where, source.where])}`;

/** A selection of rows in the order of a branch. */
export function sortedRows(
  rows: Sql,
  columns: readonly SortColumn[],
  branch: KeysetScan,
  identifier: string,
  limit: Sql,
): Sql {
  const order = branch.order.map(
    ({ position, suffix }) => sql`${columns[position]?.value ?? raw("NULL")} ${raw(suffix)}`,
  );
  return sql`${rows} ORDER BY ${join([...order, raw(identifier)], ", ")} LIMIT ${limit}`;
}

/** A sorted selection of a source's rows. */
export function scan(one: Scan, limit: Sql): Sql {
  const { source, columns, branch } = one;
  return sortedRows(rowsOf(one), columns, branch, source.identifier, limit);
}

/** One branch of a page over one of its arms. */
interface ArmScan {
  readonly arm: Arm;
  readonly one: Scan;
}

/** When the state of a view came into being; null for the present. */
const instantOf = ({ snapshot }: View): Sql | null =>
  snapshot === null
    ? null
    : sql`(SELECT t.recorded_at FROM transactions t WHERE t.id = ${snapshot})`;

/** In the order of creation, what is younger than the state is passed by as well. */
const isOldEnough = ({ query, view }: Reading, columns: readonly SortColumn[]): Sql => {
  const [key] = query.sort;
  const [column] = columns;
  const instant = instantOf(view);
  if (instant === null || key === undefined || column === undefined) return raw("1");
  if (!isCreation(key)) return raw("1");
  return sql`${column.value} <= ${instant}`;
};

/** Behind every instant, and before every one. */
const [NEVER, EVER] = [raw("9223372036854775807"), raw("-1")];

/** The parts of stretches in the order of creation, one for each scan of the page: see `keysetScans`. */
const stretchesOf = ({ query, view }: Reading, { after }: Page): readonly Stretch[] => {
  const direction = query.sort[0]?.direction ?? "desc";
  const last = instantOf(view);
  const until = last === null ? raw("1") : sql`r.created_at <= ${last}`;
  if (after === undefined) {
    const newest = last === null ? NEVER : sql`${last} + 1`;
    const instant = direction === "desc" ? newest : EVER;
    return [{ direction, instant, identifier: null, until }];
  }
  const instant = raw(String(Number(after.values[0])));
  return [
    {
      direction,
      instant,
      identifier: sql`${after.identifier}`,
      until: sql`r.created_at = ${instant}`,
    },
    { direction, instant, identifier: null, until },
  ];
};

const armScans = (
  reading: Reading,
  page: Page,
  arms: readonly Arm[],
): readonly (readonly ArmScan[])[] =>
  arms.map((arm) => {
    const source = currentSource({ ...reading, arm });
    const columns = columnsOf(reading, source.scope);
    const isKnown = isOldEnough(reading, columns);
    const stretches = arm.kind === "lanes" ? stretchesOf(reading, page) : [];
    return keysetScans(columns, page.after, source.identifier).map((branch, at) => {
      const stretch = stretches[at];
      if (arm.kind !== "lanes" || stretch === undefined) {
        const where = allOf([branch.where, isKnown]);
        return { arm, one: { source, columns, branch: { ...branch, where } } };
      }
      const rows: Arm = { kind: "rows", lanes: arm.lanes, rows: laneRows(arm.lanes, stretch) };
      const one = { source: currentSource({ ...reading, arm: rows }), columns, branch };
      return { arm: rows, one };
    });
  });

/** The first rows of an arm. Those of stretches come in order; sorted, all of them would be read. */
const firstRows = ({ arm, one }: ArmScan, limit: Sql): Sql =>
  arm.kind === "rows"
    ? sql`${rowsOf({ ...one, branch: { ...one.branch, where: raw("1") } })} LIMIT ${limitOfArm(arm, limit)}`
    : scan(one, limitOfArm(arm, limit));

const isScan = ({ arm }: ArmScan): boolean => arm.kind === "class" || arm.kind === "candidates";

/**
 * One branch of a page over all its arms, in order. SQLite merges arms that come in their order as
 * far as the limit asks, so that each of them is read no further. Of the other arms it takes the first
 * rows together, each once: they may have rows in common.
 */
const merged = (parts: readonly ArmScan[], limit: Sql): Sql => {
  const [first, ...more] = parts;
  if (first === undefined) throw new Error("A page has no arm.");
  if (more.length === 0) return firstRows(first, limit);
  const others = parts
    .filter((part) => !isScan(part))
    .map((part) => sql`SELECT * FROM (${firstRows(part, limit)})`);
  const rows = [
    ...parts.filter(isScan).map(({ one }) => rowsOf(one)),
    ...(others.length === 0 ? [] : [sql`SELECT * FROM (${join(others, " UNION ")})`]),
  ];
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
export function keysetSelections(
  reading: Reading,
  page: Page,
  limit: Sql,
  arms = pageArms(reading),
): readonly Sql[] {
  const scans = armScans(reading, page, arms);
  return (scans[0] ?? []).map((_, at) =>
    merged(
      scans.flatMap((parts) => parts.slice(at, at + 1)),
      limit,
    ),
  );
}
