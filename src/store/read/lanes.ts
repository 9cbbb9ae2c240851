/**
 * Rows in the order of creation out of many stretches of one index: one for each payload type and class
 * of visibility, of anybody's rows or of somebody's own, or one for each payload type of a restricted
 * subtree. The stretches are merged row by row, so that of each no more is read than the page needs,
 * and of what lies in none of them nothing.
 *
 * SQLite merges the terms of a compound selection in the same way, but a statement may have few terms.
 * So the merge is a recursive query: its queue holds the next row of each stretch.
 */
import { literal, withOthers } from "../visibility/access.ts";
import type { TypeSet } from "../visibility/readable-types.ts";
import { allOf, raw, sql, type Sql } from "../sql/template.ts";

interface OfTypes {
  readonly types: TypeSet;
  /** True: tombstones in place of live rows. */
  readonly deletedOnly: boolean;
}

/** Stretches of what somebody owns. */
export interface OwnedLanes extends OfTypes {
  readonly kind: "owned";
  readonly owner: string;
  readonly classes: readonly number[];
}

/** Stretches of an index whose rows are merged. */
export type Lanes =
  | OwnedLanes
  | (OfTypes & { readonly kind: "types"; readonly classes: readonly number[] })
  /** Restricted subtrees that are open to a reader as a whole. */
  | (OfTypes & { readonly kind: "subtrees"; readonly reader: string });

/** Which part of each stretch is read, and in which direction. */
export interface Stretch {
  readonly direction: "asc" | "desc";
  /** It begins behind the row with this instant and identifier; null: behind all of the instant. */
  readonly instant: Sql;
  readonly identifier: Sql | null;
  /** Condition on the instant of a row, `r.created_at`, behind which nothing is read. */
  readonly until: Sql;
}

/** An index, and the columns by which its stretches are told apart, with the payload type. */
interface LaneIndex {
  readonly table: string;
  readonly index: string;
  readonly key: "visibility" | "top";
  /** What is the same of all stretches, before the payload type and behind it. */
  readonly before: (alias: string) => string;
  readonly behind: (alias: string) => string;
}

const indexOf = (lanes: Lanes): LaneIndex => {
  const isDeleted = (alias: string): string =>
    ` AND ${alias}.is_deleted = ${Number(lanes.deletedOnly)}`;
  const nothing = (): string => "";
  switch (lanes.kind) {
    case "types":
      return {
        table: "resources",
        index: "resources_type",
        key: "visibility",
        before: nothing,
        behind: isDeleted,
      };
    case "owned":
      return {
        table: "resources",
        index: "resources_owner",
        key: "visibility",
        before: (alias) => ` AND ${alias}.owner = ${literal(lanes.owner)}${isDeleted(alias)}`,
        behind: nothing,
      };
    case "subtrees":
      return {
        table: "restricted",
        index: "restricted_zone",
        key: "top",
        before: nothing,
        behind: nothing,
      };
  }
};

/** Names as SQL that lists them. */
const listOf = (names: readonly string[]): Sql =>
  sql`SELECT value AS name FROM json_each(${JSON.stringify(names)})`;

/** The payload types that there are, of all rows or below each `top`, found by leaping to the next. */
const presentTypes = (lanes: Lanes): Sql => {
  const { table, index, key, before } = indexOf(lanes);
  const next = (of: string, after: string): string => `(SELECT y.payload_type
    FROM ${table} y INDEXED BY ${index} WHERE 1${before("y")}
      ${key === "top" ? `AND y.top = ${of}.top` : ""} ${after} ORDER BY y.payload_type LIMIT 1)`;
  const { except } = lanes.types;
  const others = except.length === 0 ? raw("") : sql`AND p.name NOT IN (${listOf(except)})`;
  return sql`WITH RECURSIVE present(top, name) AS (
      SELECT b.top, ${raw(next("b", ""))} FROM (${beginnings(lanes)}) b
      UNION ALL SELECT p.top, ${raw(next("p", "AND y.payload_type > p.name"))} FROM present p
      WHERE p.name IS NOT NULL)
    SELECT p.top, p.name FROM present p WHERE p.name IS NOT NULL ${others}`;
};

/** The subtrees, by their uppermost rows; one row where it is not about subtrees. */
const beginnings = (lanes: Lanes): Sql =>
  lanes.kind === "subtrees"
    ? withOthers(lanes.reader, "SELECT o.rid AS top FROM some_others o WHERE o.is_zone")
    : raw("SELECT 0 AS top");

/** The payload types of owned rows, or of all: a selection of their `name`. */
export function typesOf(lanes: Lanes): Sql {
  return lanes.types.names === null
    ? sql`SELECT t.name FROM (${presentTypes(lanes)}) t`
    : listOf(lanes.types.names);
}

/** The stretches: their keys and payload types. */
const laneKeys = (lanes: Lanes): Sql => {
  const { names } = lanes.types;
  if (lanes.kind !== "subtrees") {
    return sql`SELECT t.name AS payload_type, c.value AS visibility FROM (${typesOf(lanes)}) t
      CROSS JOIN json_each('${raw(JSON.stringify(lanes.classes))}') c`;
  }
  return names === null
    ? sql`SELECT t.name AS payload_type, t.top FROM (${presentTypes(lanes)}) t`
    : sql`SELECT t.name AS payload_type, b.top
        FROM (${beginnings(lanes)}) b CROSS JOIN (${listOf(names)}) t`;
};

/** Behind which row a stretch goes on. */
type Behind = Pick<Stretch, "instant" | "identifier">;

/** The rid of the next row of a stretch. */
const nextOf = (lanes: Lanes, { direction }: Stretch, lane: string, from: Behind): Sql => {
  const { table, index, key, before, behind } = indexOf(lanes);
  const rows = (alias: string): Sql =>
    raw(`FROM ${table} ${alias} INDEXED BY ${index} WHERE ${alias}.payload_type = ${lane}.payload_type
      AND ${alias}.${key} = ${lane}.${key}${before(alias)}${behind(alias)}`);
  const [operator, order] = direction === "asc" ? [raw(">"), raw("ASC")] : [raw("<"), raw("DESC")];
  const instant = sql`(SELECT z.created_at ${rows("z")} AND z.created_at ${operator} ${from.instant}
    ORDER BY z.created_at ${order} LIMIT 1)`;
  const later = sql`(SELECT y.rid ${rows("y")} AND y.created_at = ${instant}
    ORDER BY y.identifier LIMIT 1)`;
  if (from.identifier === null) return later;
  return sql`coalesce((SELECT y.rid ${rows("y")} AND y.created_at = ${from.instant}
    AND y.identifier > ${from.identifier} ORDER BY y.identifier LIMIT 1), ${later})`;
};

/**
 * A selection of the `rid` of rows in the order of creation, ties by identifier. It has no limit of its
 * own: whoever reads it stops when there are enough.
 */
export function laneRows(lanes: Lanes, stretch: Stretch): Sql {
  const { table, key } = indexOf(lanes);
  const row = raw(`r.rid, r.created_at, r.identifier, r.payload_type, r.${key}`);
  const until = allOf([stretch.until]);
  const of = (lane: string, from: Behind): Sql =>
    sql`CROSS JOIN ${raw(table)} r ON r.rid = ${nextOf(lanes, stretch, lane, from)} WHERE ${until}`;
  const behind: Behind = { instant: raw("w.created_at"), identifier: raw("w.identifier") };
  return sql`WITH RECURSIVE w(rid, created_at, identifier, payload_type, ${raw(key)}) AS (
      SELECT ${row} FROM (${laneKeys(lanes)}) l ${of("l", stretch)}
      UNION ALL SELECT ${row} FROM w ${of("w", behind)}
      ORDER BY 2 ${raw(stretch.direction)}, 3)
    SELECT w.rid FROM w`;
}
