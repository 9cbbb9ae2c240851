/**
 * The relation behind every read: the versions that exist in a state and that a principal may see.
 * Existence is that of the requested state. Visibility is that of now, from the current row, so that a
 * past state never discloses what is restricted today.
 *
 * Each current row has a class (its column `visibility`): 0, visible to everybody; 1, visible to
 * everybody with a token; 2, restricted, by itself or by an ancestor. `src/store/visibility/access.ts`
 * decides who may see rows of class 2, and `src/store/read/arms.ts` reads a page class by class.
 */
import { readableTypes } from "../../identity/policy.ts";
import type { Principal } from "../../identity/principal.ts";
import type { AccessLevel } from "../../model/resource.ts";
import type { AsOf } from "../../query/query.ts";
import { mayOpen, withAccessible } from "./access.ts";
import { inTypes, type Reach } from "./readable-types.ts";
import { allOf, raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { ANYTHING, type VisibilityHint } from "./hint.ts";

/** What a reader may see, for SQL. */
export type Visibility = Reach & {
  /** Payload types that are hidden; absent: none. */
  readonly closed?: readonly string[];
  /** True: restricted rows are looked up in a materialized list, for reads of many rows. */
  readonly isListed?: boolean;
  /** The cached hint about existing rows; absent: `ANYTHING`. */
  readonly hint?: VisibilityHint;
};

/** The visibility of a principal: an admin sees everything, others what is not restricted or granted. */
export function visibilityOf(principal: Principal, closed: readonly string[] = []): Visibility {
  return {
    ...reachOf(principal),
    ...(closed.length === 0 ? {} : { closed }),
  };
}

const reachOf = (principal: Principal): Reach => {
  if (principal.kind === "system" || principal.role === "admin") return { kind: "everything" };
  if (principal.kind === "anonymous") return { kind: "public" };
  const types = readableTypes(principal);
  return types === null
    ? { kind: "reader", principal: principal.id }
    : { kind: "scoped", principal: principal.id, types: types.any, ownTypes: types.own };
};

/** The class of a row without restricted ancestors, by its own access level. */
export function classOf(level: AccessLevel): 0 | 1 | 2 {
  return level === "public" ? 0 : level === "internal" ? 1 : 2;
}

/** A version under an alias, and SQL of the columns that decide its visibility, of its current row. */
export interface VersionRow {
  readonly alias: string;
  readonly rid: string;
  readonly visibility: string;
  readonly payloadType: string;
  readonly owner: string;
}

/** A row of `resources` under an alias. */
export function resourceRow(alias: string): VersionRow {
  return {
    alias,
    rid: `${alias}.rid`,
    visibility: `${alias}.visibility`,
    payloadType: `${alias}.payload_type`,
    owner: `${alias}.owner`,
  };
}

const classAt = (rid: string): string =>
  `(SELECT y.visibility FROM resources y WHERE y.rid = ${rid})`;

/** A row of `history` under an alias. */
export function historyRow(alias: string): VersionRow {
  return {
    ...resourceRow(alias),
    visibility: classAt(`${alias}.rid`),
  };
}

/** The classes of rows that a reader may see. */
export interface VisibleClasses {
  /** The classes that it may see fully; at least one. */
  readonly whole: readonly number[];
  /** True when there may be rows of other classes. */
  readonly hasOthers: boolean;
  /** The reader, if some restricted rows may be open to it; else null. */
  readonly accessor: string | null;
}

/** The classes of rows that a reader may see, limited to the existing ones by the hint. */
export function visibleClasses(visibility: Visibility): VisibleClasses {
  const { hint = ANYTHING } = visibility;
  const visible = { everything: 7, public: 1, reader: 3, scoped: 3 }[visibility.kind];
  const existing = [0, 1, 2].filter((each) => (hint.classes & (1 << each)) !== 0);
  const whole = existing.filter((each) => (visible & (1 << each)) !== 0);
  const mayAccess = "principal" in visibility && hint.access && existing.includes(2);
  return {
    whole: whole.length > 0 || mayAccess ? whole : [0],
    hasOthers: whole.length < existing.length,
    accessor: mayAccess ? visibility.principal : null,
  };
}

/** Condition on the class of a row: the reader may see it now. */
export function inClass(visibility: Visibility, row: VersionRow): Sql {
  if (visibility.kind === "everything") return raw("1");
  if (visibility.kind === "public") return raw(`+${row.visibility} = 0`);
  if (visibleClasses(visibility).accessor === null) return raw(`+${row.visibility} <= 1`);
  const isOpen =
    visibility.isListed === true
      ? withAccessible(visibility.principal, `${row.rid} IN (SELECT l.rid FROM accessible l)`)
      : mayOpen(visibility.principal, row.rid);
  return sql`(${raw(`+${row.visibility}`)} <= 1 OR ${isOpen})`;
}

/**
 * Condition on a row: the reader may see it now. It is for rows that another condition finds. Ordered
 * reads and counts use `src/store/read/arms.ts`, which does not scan hidden rows.
 */
export function maySee(visibility: Visibility, row: VersionRow): Sql {
  return allOf([inTypes(visibility, row), inClass(visibility, row)]);
}

/** Like `maySee`, for the current row with a rid. */
export function maySeeRid(visibility: Visibility, rid: string): Sql {
  return visibility.kind === "everything" && visibility.closed === undefined
    ? raw("1")
    : sql`EXISTS (SELECT 1 FROM resources z WHERE z.rid = ${raw(rid)} AND ${maySee(visibility, resourceRow("z"))})`;
}

/** True for a reader from whom nothing is hidden. */
export function seesEverything(visibility: Visibility): boolean {
  return visibility.kind === "everything" && visibility.closed === undefined;
}

/** Expression on a row: 1 when it is restricted, by itself or by an ancestor. */
export function isRestricted({ visibility }: VersionRow): Sql {
  return raw(`(${visibility} = 2)`);
}

/** An integer as SQL text, because it occurs in a statement many times. */
const integer = (number: number): Sql =>
  Number.isSafeInteger(number) ? raw(String(number)) : sql`CAST(${number} AS INTEGER)`;

/** The transaction of a state; null for the present. */
export function snapshotOf(asOf: AsOf): Sql | null {
  if (asOf.kind === "now") return null;
  if (asOf.kind === "transaction") return integer(asOf.transaction);
  // ORDER BY uses the index on the instants: max(id) would scan all transactions since.
  return sql`coalesce((SELECT t.id FROM transactions t WHERE t.recorded_at <= ${integer(asOf.instant)}
    ORDER BY t.recorded_at DESC LIMIT 1), 0)`;
}

/** A reader and the state that it reads. */
export interface View {
  readonly visibility: Visibility;
  /** The transaction of the state; null for the present. */
  readonly snapshot: Sql | null;
  /** True: the view has only the tombstones of that state. */
  readonly deletedOnly?: boolean;
}

/**
 * The view of a principal on a state, without some payload types.
 *
 * @param hint the cached hint; only for reads that check it against the response (see `readWithMeta`).
 */
export function viewOf(
  principal: Principal,
  asOf: AsOf,
  closed: readonly string[] = [],
  hint?: VisibilityHint,
): View {
  return {
    visibility: { ...visibilityOf(principal, closed), ...(hint === undefined ? {} : { hint }) },
    snapshot: snapshotOf(asOf),
  };
}

const existed = ({ snapshot }: View, alias: string): Sql =>
  snapshot === null ? raw("1") : sql`${raw(alias)}.tx_from <= ${snapshot}`;

/**
 * Rows of `resources` (under an alias) that exist in the view, for any reader.
 *
 * @param isFound true: a list of keys finds the rows, and `is_deleted` must not choose the index.
 */
export function currentExisting(view: View, alias: string, isFound = false): Sql {
  const isDeleted = raw(
    `${isFound ? "+" : ""}${alias}.is_deleted = ${view.deletedOnly === true ? 1 : 0}`,
  );
  return allOf([isDeleted, existed(view, alias)]);
}

/** Rows of `resources` (under an alias) that are in the view; see `currentExisting`. */
export function currentIn(view: View, alias: string, isFound = false): Sql {
  return allOf([
    currentExisting(view, alias, isFound),
    maySee(view.visibility, resourceRow(alias)),
  ]);
}

/** Rows of a typed projection (live rows only, under an alias) that exist in the view. */
export const projectedExisting = existed;

/** Rows of `history` (under an alias) that are in the view. Only for views with a snapshot. */
export function supersededIn(view: View, snapshot: Sql, alias: string): Sql {
  return allOf([
    sql`${raw(alias)}.tx_to > ${snapshot}`,
    sql`${raw(alias)}.tx_from <= ${snapshot}`,
    raw(`+${alias}.is_deleted = ${view.deletedOnly === true ? 1 : 0}`),
    maySee(view.visibility, historyRow(alias)),
  ]);
}

/** Edges (under an alias) that are valid in the view. */
export function openIn({ snapshot }: View, alias: string): Sql {
  return snapshot === null
    ? raw(`${alias}.tx_to IS NULL`)
    : sql`${raw(alias)}.tx_from <= ${snapshot} AND (${raw(alias)}.tx_to IS NULL OR ${raw(alias)}.tx_to > ${snapshot})`;
}

/** SQL text of an identifier, or null when the reader may not see that resource. */
export function seenIdentifier(visibility: Visibility, identifier: string): Sql {
  return seesEverything(visibility)
    ? raw(identifier)
    : sql`(SELECT s.identifier FROM resources s WHERE s.identifier = ${raw(identifier)} AND ${maySee(visibility, resourceRow("s"))})`;
}

/** An expression over a JSON array, given the SQL of the array. */
export type ArrayExpression = (array: string) => string;

/** The array itself. */
export const wholeArray: ArrayExpression = (array) => array;

/** JSON array text of identifiers without those that the reader may not see; null stays null. */
export function seenIdentifiers(
  visibility: Visibility,
  identifiers: string,
  expression: ArrayExpression = wholeArray,
): Sql {
  return seesEverything(visibility)
    ? raw(expression(identifiers))
    : sql`CASE WHEN ${raw(identifiers)} IS NULL THEN NULL ELSE (
        SELECT ${raw(expression("json_group_array(d.value ORDER BY d.key)"))} FROM json_each(${raw(identifiers)}) d
        CROSS JOIN resources s ON s.identifier = d.value WHERE ${maySee(visibility, resourceRow("s"))}) END`;
}

/** Makes a SELECT over one table of versions: the table under an alias, the WHERE condition, the row. */
export type SelectVersions = (table: Sql, where: Sql, row: VersionRow) => Sql;

/**
 * A SELECT over every version in the view: over current rows and, for a past state, over superseded
 * ones. For rows that are found by an identifier.
 */
export function eachVersion(view: View, select: SelectVersions, alias = "v"): Sql {
  const current = select(raw(`resources ${alias}`), currentIn(view, alias), resourceRow(alias));
  if (view.snapshot === null) return current;
  const past = select(
    raw(`history ${alias}`),
    supersededIn(view, view.snapshot, alias),
    historyRow(alias),
  );
  return sql`${current} UNION ALL ${past}`;
}

/**
 * Like `eachVersion` for a past state, over the versions `v` of resources whose current rows have the
 * alias `i`. Superseded versions are only looked up for rows that were written since. For statements
 * over very many resources.
 */
export function eachVersionOfRow(
  view: View,
  snapshot: Sql,
  select: (table: Sql, where: Sql) => Sql,
): Sql {
  const past = sql`i.tx_from > ${snapshot} AND ${supersededIn(view, snapshot, "v")}`;
  return sql`${select(raw("resources v ON v.rid = i.rid"), currentIn(view, "v"))}
    UNION ALL ${select(raw("history v ON v.identifier = i.identifier"), past)}`;
}

/** How many of some resources are hidden from a reader, and how many are restricted. */
export interface HiddenRow {
  readonly hidden: number;
  readonly restricted: number;
}

/**
 * The statement that counts hidden and restricted resources, both as of now.
 *
 * @param text a JSON array of identifiers.
 */
export function countHidden(visibility: Visibility, text: string): Statement<HiddenRow> {
  const row = resourceRow("r");
  return sql`SELECT count(*) FILTER (WHERE NOT ${maySee(visibility, row)}) AS hidden,
      count(*) FILTER (WHERE ${isRestricted(row)}) AS restricted
    FROM json_each(${text}) j CROSS JOIN resources r ON r.identifier = j.value`;
}
