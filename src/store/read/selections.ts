/** The rows of a page, branch by branch and arm by arm, in an order that indexes have. */
import type { Page } from "../../query/query.ts";
import { allOf, join, raw, sql, type Sql } from "../sql/template.ts";
import type { View } from "../visibility/visible.ts";
import { limitOfArm, type Arm } from "./arms.ts";
import { isCreation, keysetScans, type SortColumn } from "./keyset.ts";
import { laneRows, type Stretch } from "./lanes.ts";
import { isReversed, pageArms, walkedBy, type Reading } from "./reading.ts";
import { rowsOf, scan, sortedRows, type Scan } from "./scan.ts";
import { columnsOf, currentSource } from "./source.ts";

/** One branch of a page over one of its arms. */
interface ArmScan {
  readonly arm: Arm;
  readonly one: Scan;
}

/** When the state of a view came into being; null for the present. */
export function instantOf({ snapshot }: View): Sql | null {
  return snapshot === null
    ? null
    : sql`(SELECT t.recorded_at FROM transactions t WHERE t.id = ${snapshot})`;
}

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
export function stretchesOf({ query, view }: Reading, { after }: Page): readonly Stretch[] {
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
}

/** The arms that go through an index in the order of a page. */
const isWalked = ({ kind }: Arm): boolean =>
  kind === "class" || kind === "candidates" || kind === "many";

const armScans = (
  reading: Reading,
  page: Page,
  arms: readonly Arm[],
): readonly (readonly ArmScan[])[] =>
  arms.map((arm) => {
    const index = isWalked(arm) ? walkedBy(reading) : undefined;
    const source = currentSource({ ...reading, arm, ...(index === undefined ? {} : { index }) });
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

const isScan = ({ arm }: ArmScan): boolean => arm.kind === "class" || arm.kind === "candidates";

/** The first rows of parts that come in the order of a branch: each is read no further than that. */
const firstInOrder = (parts: readonly ArmScan[], limit: Sql, ties: "ASC" | "DESC"): Sql => {
  const [first, ...more] = parts.map(({ one }) => one);
  if (first === undefined) throw new Error("A page has no arm.");
  const { columns, branch, source } = first;
  if (more.length === 0) {
    return sortedRows(rowsOf(first), columns, branch, `${source.identifier} ${ties}`, limit);
  }
  const order = branch.order.map(({ position, suffix }) => `s${position} ${suffix}`);
  return sql`${join([first, ...more].map(rowsOf), " UNION ALL ")}
    ORDER BY ${raw([...order, `identifier ${ties}`].join(", "))} LIMIT ${limit}`;
};

/**
 * The same where the index has the other direction. Read backwards, it tells the last value of the page.
 * All rows before that one are on the page, and SQLite puts them in order value by value. Of those with
 * the last value, which may be many, the first ones are read forwards.
 */
const firstReversed = (parts: readonly ArmScan[], limit: Sql): Sql => {
  const [column] = parts[0]?.one.columns ?? [];
  if (column === undefined) throw new Error("A page that is read backwards has no order.");
  const [before, last] = column.direction === "asc" ? ["<", "max"] : [">", "min"];
  const narrowed = (isBefore: boolean): readonly ArmScan[] =>
    parts.map(({ arm, one }) => {
      const { columns, branch } = one;
      const compared = sql`${columns[0]?.value ?? raw("NULL")} ${raw(isBefore ? before : "=")} (SELECT value FROM tie)`;
      // The bound that is to be gone by comes first: of two SQLite takes that one.
      const where = allOf([compared, branch.where]);
      return { arm, one: { ...one, branch: { where, order: isBefore ? branch.order : [] } } };
    });
  return sql`WITH tie(value) AS MATERIALIZED (
      SELECT ${raw(last)}(s0) FROM (${firstInOrder(parts, limit, "DESC")}))
    SELECT * FROM (${firstInOrder(narrowed(true), limit, "ASC")})
    UNION ALL SELECT * FROM (${firstInOrder(narrowed(false), limit, "ASC")}) LIMIT ${limit}`;
};

/** How the parts of a branch come. */
interface Merge {
  /** How many rows are wanted. */
  readonly limit: Sql;
  /** True: an index has their order in the other direction. */
  readonly isTurned: boolean;
}

/** The first rows of an arm. Those of stretches come in order; sorted, all of them would be read. */
const firstRows = (part: ArmScan, { limit, isTurned }: Merge): Sql => {
  const { arm, one } = part;
  const most = limitOfArm(arm, limit);
  if (arm.kind === "rows") {
    return sql`${rowsOf({ ...one, branch: { ...one.branch, where: raw("1") } })} LIMIT ${most}`;
  }
  return arm.kind === "many" && isTurned ? firstReversed([part], most) : scan(one, most);
};

/**
 * One branch of a page over all its arms, in order. SQLite merges arms that come in their order as
 * far as the limit asks, so that each of them is read no further. Of the other arms it takes the first
 * rows together, each once: they may have rows in common.
 */
const merged = (parts: readonly ArmScan[], merge: Merge): Sql => {
  const { limit, isTurned } = merge;
  const [first, ...more] = parts;
  if (first === undefined) throw new Error("A page has no arm.");
  const [scans, others] = [parts.filter(isScan), parts.filter((part) => !isScan(part))];
  if (others.length === 0) {
    return isTurned ? firstReversed(scans, limit) : firstInOrder(scans, limit, "ASC");
  }
  if (more.length === 0) return firstRows(first, merge);
  const found = join(
    others.map((part) => sql`SELECT * FROM (${firstRows(part, merge)})`),
    " UNION ",
  );
  const inOrder =
    isTurned && scans.length > 0
      ? [sql`SELECT * FROM (${firstReversed(scans, limit)})`]
      : scans.map(({ one }) => rowsOf(one));
  const order = first.one.branch.order.map(({ position, suffix }) => `s${position} ${suffix}`);
  return sql`${join([...inOrder, sql`SELECT * FROM (${found})`], " UNION ALL ")}
    ORDER BY ${raw([...order, "identifier"].join(", "))} LIMIT ${limit}`;
};

/** The parts of each branch. */
const branchesOf = (scans: readonly (readonly ArmScan[])[]): readonly (readonly ArmScan[])[] =>
  (scans[0] ?? []).map((_, at) => scans.flatMap((parts) => parts.slice(at, at + 1)));

/** False for branches whose rows have one value, or none. */
const isOrdered = ([first]: readonly ArmScan[]): boolean =>
  first !== undefined && first.one.branch.order.length > 0;

/**
 * The current rows of a page, branch by branch: those of a branch come behind those of the one before
 * it, each branch in its order.
 */
export function keysetSelections(reading: Reading, page: Page, limit: Sql): readonly Sql[] {
  const isBackwards = isReversed(reading);
  return branchesOf(armScans(reading, page, pageArms(reading))).map((parts) =>
    merged(parts, { limit, isTurned: isBackwards && isOrdered(parts) }),
  );
}

/**
 * All rows of some arms, in order, for a reader that takes as many as it needs. In the direction that an
 * index does not have they end after `most` rows: without an end all that tie with one would be read
 * before it.
 */
export function candidateSelections(
  reading: Reading,
  page: Page,
  arms: readonly Arm[],
  most: Sql,
): readonly Sql[] {
  const isBackwards = isReversed(reading);
  return branchesOf(armScans(reading, page, arms)).map((parts) => {
    const isTurned = isBackwards && isOrdered(parts);
    // Without a limit of its own SQLite would not keep the order of a branch.
    return merged(parts, { limit: isTurned ? most : raw("-1"), isTurned });
  });
}
