/**
 * A sorted page as a few ordered scans, each of which an index can serve from the right place on:
 * the rows that tie with the position, the rows after them, and the rows without a value (last, or
 * first). Without this, a page deep inside a large tie would read the whole tie.
 */
import type { Condition, Literal } from "../../query/condition.ts";
import type { Position, SortKey } from "../../query/query.ts";
import type { Path } from "../../query/path.ts";
import { join, raw, sql, type Sql } from "../sql/template.ts";

/** One ordered scan: its condition and whether the leading key is constant in it. */
export interface KeysetScan {
  readonly where: Sql;
  /** ORDER BY terms without the identifier, which always comes last. */
  readonly order: readonly OrderTerm[];
}

/** A term of an ORDER BY: which sort column, and what stands behind its value. */
export interface OrderTerm {
  readonly position: number;
  readonly suffix: string;
}

/** A sort key with the SQL of its value. */
export interface SortColumn {
  readonly value: Sql;
  readonly direction: SortKey["direction"];
  /** False for columns that always have a value. */
  readonly nullable: boolean;
  /** True: rows without a value come first. */
  readonly nullsFirst: boolean;
}

const beyond = (column: SortColumn, value: Literal | null): Sql => {
  if (value === null) return column.nullsFirst ? sql`${column.value} IS NOT NULL` : raw("0");
  const compared = sql`${column.value} ${raw(column.direction === "asc" ? ">" : "<")} ${literal(value)}`;
  return column.nullable && !column.nullsFirst
    ? sql`(${compared} OR ${column.value} IS NULL)`
    : compared;
};

const literal = (value: Literal): Sql =>
  typeof value === "number" && Number.isSafeInteger(value)
    ? sql`CAST(${value} AS INTEGER)`
    : sql`${typeof value === "boolean" ? Number(value) : value}`;

const same = (column: SortColumn, value: Literal | null): Sql =>
  value === null ? sql`${column.value} IS NULL` : sql`${column.value} = ${literal(value)}`;

/** Where a sort puts rows without a value, in SQL. */
export function nullsOf(nullsFirst: boolean): string {
  return nullsFirst ? "NULLS FIRST" : "NULLS LAST";
}

const directionOf = ({ direction }: SortColumn): string => (direction === "asc" ? "ASC" : "DESC");

const ordered = (column: SortColumn, position: number): OrderTerm => ({
  position,
  suffix: column.nullable
    ? `${directionOf(column)} ${nullsOf(column.nullsFirst)}`
    : directionOf(column),
});

/** Rows after a position when there are several sort keys (or none): one scan, lexicographic. */
const lexicographic = (
  columns: readonly SortColumn[],
  after: Position,
  identifier: string,
): Sql => {
  const terms = columns.map((column, position) => {
    const tied = columns
      .slice(0, position)
      .map((earlier, index) => same(earlier, after.values[index] ?? null));
    return join([...tied, beyond(column, after.values[position] ?? null)], " AND ");
  });
  const allTied = columns.map((column, index) => same(column, after.values[index] ?? null));
  const last = join([...allTied, sql`${raw(identifier)} > ${after.identifier}`], " AND ");
  return sql`(${join(
    [...terms, last].map((term) => sql`(${term})`),
    " OR ",
  )})`;
};

const firstPage = (column: SortColumn): readonly KeysetScan[] => {
  if (!column.nullable) return [{ where: raw("1"), order: [plain(column)] }];
  const present: KeysetScan = { where: sql`${column.value} IS NOT NULL`, order: [plain(column)] };
  const missing: KeysetScan = { where: sql`${column.value} IS NULL`, order: [] };
  return column.nullsFirst ? [missing, present] : [present, missing];
};

/** The order of the only sort column where it has a value. */
const plain = (column: SortColumn): OrderTerm => ({ position: 0, suffix: directionOf(column) });

const laterPage = (
  column: SortColumn,
  after: Position,
  identifier: string,
): readonly KeysetScan[] => {
  const value = after.values[0] ?? null;
  const tie: KeysetScan = {
    where: sql`${same(column, value)} AND ${raw(identifier)} > ${after.identifier}`,
    order: [],
  };
  if (value === null && !column.nullsFirst) return [tie];
  if (value === null) {
    return [tie, { where: sql`${column.value} IS NOT NULL`, order: [plain(column)] }];
  }
  const operator = raw(column.direction === "asc" ? ">" : "<");
  const rest: KeysetScan = {
    where: sql`${column.value} ${operator} ${literal(value)}`,
    order: [plain(column)],
  };
  const without: KeysetScan = { where: sql`${column.value} IS NULL`, order: [] };
  return column.nullable && !column.nullsFirst ? [tie, rest, without] : [tie, rest];
};

/** The scans whose rows, merged, are the page. At most three. */
export function keysetScans(
  columns: readonly SortColumn[],
  after: Position | undefined,
  identifier: string,
): readonly KeysetScan[] {
  const [only] = columns;
  if (columns.length === 1 && only !== undefined) {
    return after === undefined ? firstPage(only) : laterPage(only, after, identifier);
  }
  const where = after === undefined ? raw("1") : lexicographic(columns, after, identifier);
  return [{ where, order: columns.map(ordered) }];
}

/** The same page as one scan, for rows that no index orders. */
export function wholeKeyset(
  columns: readonly SortColumn[],
  after: Position | undefined,
  identifier: string,
): KeysetScan {
  return {
    where: after === undefined ? raw("1") : lexicographic(columns, after, identifier),
    order: columns.map(ordered),
  };
}

const ALWAYS_PRESENT = new Set([
  "identifier",
  "payload_type",
  "schema_version",
  "version",
  "access_level",
  "owner",
  "created_at",
  "updated_at",
]);

/** False for metadata that every resource has. */
export function mayBeMissing(path: Path): boolean {
  return path.column === undefined || !ALWAYS_PRESENT.has(path.column);
}

/** Leaves that hold for a value alone. */
const HELD_BY_VALUES: ReadonlySet<Condition["kind"]> = new Set([
  "compare",
  "in",
  "exists",
  "between",
  "like",
  "text",
  "match",
]);

/** True when a condition holds only where the path has a value: then no row without one is looked for. */
export function requiresValue(condition: Condition, path: Path): boolean {
  if (condition.kind === "and") return condition.of.some((inner) => requiresValue(inner, path));
  if (!HELD_BY_VALUES.has(condition.kind) || !("path" in condition)) return false;
  if (condition.kind === "compare" && condition.op === "ne") return false;
  return JSON.stringify(condition.path) === JSON.stringify(path);
}

/** True for the order of creation. */
export function isCreation({ path: { column, segments } }: SortKey): boolean {
  return column === "created_at" && segments.length === 0;
}
