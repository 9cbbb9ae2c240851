/**
 * The one relation that every read stands on: the versions that exist in a state and that a
 * principal may see. What exists is taken at the state asked for; who may see it is taken now, from
 * the current row, so that a past state never opens what is restricted today.
 *
 * Each current row has a class (its column `visibility`): 0, seen by everybody; 1, by everybody with a
 * token; 2, restricted, by itself or by an ancestor. `src/store/visibility/access.ts` tells who sees rows of the
 * last one, and `src/store/read/arms.ts` how a page is read class by class.
 */
import { readableTypes } from "../../identity/policy.ts";
import type { Principal } from "../../identity/principal.ts";
import type { AccessLevel } from "../../model/resource.ts";
import type { AsOf } from "../../query/query.ts";
import { mayOpen, withAccessible } from "./access.ts";
import { inTypes, type Reach } from "./readable-types.ts";
import { allOf, raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { ANYTHING, type VisibilityHint } from "./hint.ts";

/** Who is reading, as far as SQL cares. */
export type Visibility = Reach & {
  /** Payload types of which nothing is seen; absent: none. */
  readonly closed?: readonly string[];
  /** True: what is restricted is looked up in a list of what is open, for many rows at once. */
  readonly isListed?: boolean;
  /** What there is to be seen, as far as is known; absent: anything. */
  readonly hint?: VisibilityHint;
};

/** What a principal may see: an admin everything, others what is not restricted or granted. */
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

/** The class of a row whose ancestors are open, by its own access level. */
export function classOf(level: AccessLevel): 0 | 1 | 2 {
  return level === "public" ? 0 : level === "internal" ? 1 : 2;
}

/** A version under an alias, and SQL of what decides who sees it: that of its current row. */
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

/** The classes of rows that a reader sees. */
export interface VisibleClasses {
  /** Those that it sees as a whole; at least one. */
  readonly whole: readonly number[];
  /** True when there may be rows of other classes. */
  readonly hasOthers: boolean;
  /** The reader, where some of what is restricted may be open to it. */
  readonly accessor: string | null;
}

/** The classes of rows that are seen, as far as is known what there is. */
export function visibleClasses(visibility: Visibility): VisibleClasses {
  const { hint = ANYTHING } = visibility;
  const seen = { everything: 7, public: 1, reader: 3, scoped: 3 }[visibility.kind];
  const there = [0, 1, 2].filter((each) => (hint.classes & (1 << each)) !== 0);
  const whole = there.filter((each) => (seen & (1 << each)) !== 0);
  const mayAccess = "principal" in visibility && hint.access && there.includes(2);
  return {
    whole: whole.length > 0 || mayAccess ? whole : [0],
    hasOthers: whole.length < there.length,
    accessor: mayAccess ? visibility.principal : null,
  };
}

/** Condition on the class of a row: may it be seen now? */
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
 * Condition on a row: may it be seen now? For rows that are found by something else; where they are
 * looked for in an order, or counted, `src/store/read/arms.ts` reads past nothing that is hidden.
 */
export function maySee(visibility: Visibility, row: VersionRow): Sql {
  return allOf([inTypes(visibility, row), inClass(visibility, row)]);
}

/** The same of the current row with a rid. */
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

/** A whole number written out: it stands in a statement as often as an id does. */
const whole = (number: number): Sql =>
  Number.isSafeInteger(number) ? raw(String(number)) : sql`CAST(${number} AS INTEGER)`;

/** The transaction that a state stands for; null for the present. */
export function snapshotOf(asOf: AsOf): Sql | null {
  if (asOf.kind === "now") return null;
  if (asOf.kind === "transaction") return whole(asOf.transaction);
  // By the index of the instants: max(id) would walk all transactions since.
  return sql`coalesce((SELECT t.id FROM transactions t WHERE t.recorded_at <= ${whole(asOf.instant)}
    ORDER BY t.recorded_at DESC LIMIT 1), 0)`;
}

/** A reader and the state that it looks at. */
export interface View {
  readonly visibility: Visibility;
  /** The transaction looked at; null for the present. */
  readonly snapshot: Sql | null;
  /** True: what is a tombstone in that state is in the view, and nothing else. */
  readonly deletedOnly?: boolean;
}

/**
 * The view of a principal on a state, without some payload types.
 *
 * @param hint what there is to be seen; only where the answer is checked against it (see `readWithMeta`).
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
 * Rows of `resources` (under an alias) that exist in the view, whoever sees them.
 *
 * @param isFound true: a list finds them, and nothing else: SQLite would make an index for less.
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

/** Edges (under an alias) that hold in the view. */
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

/** What is told of a JSON array, given its SQL. */
export type Show = (array: string) => string;

/** The array itself. */
export const asItIs: Show = (array) => array;

/** JSON array text of identifiers without those that the reader may not see; null stays null. */
export function seenIdentifiers(
  visibility: Visibility,
  identifiers: string,
  show: Show = asItIs,
): Sql {
  return seesEverything(visibility)
    ? raw(show(identifiers))
    : sql`CASE WHEN ${raw(identifiers)} IS NULL THEN NULL ELSE (
        SELECT ${raw(show("json_group_array(d.value ORDER BY d.key)"))} FROM json_each(${raw(identifiers)}) d
        CROSS JOIN resources s ON s.identifier = d.value WHERE ${maySee(visibility, resourceRow("s"))}) END`;
}

/** A selection over one table of versions: the table under an alias, which rows count, and a row. */
export type SelectVersions = (table: Sql, where: Sql, row: VersionRow) => Sql;

/**
 * A selection over every version in the view: over current rows, and over superseded ones where the
 * view is of the past. The table comes under an alias. For rows that are found by an identifier.
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
 * The same of a past state, over the versions `v` of resources whose current rows stand under `i`: the past is
 * looked up only of those that were written since. For statements over very many resources.
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

/** How many of some resources a reader does not see, and how many are restricted. */
export interface HiddenRow {
  readonly hidden: number;
  readonly restricted: number;
}

/**
 * The statement of how many of some resources a reader does not see (`hidden`) and how many of them are
 * restricted (`restricted`), both as of now.
 *
 * @param text a JSON array of identifiers.
 */
export function countHidden(visibility: Visibility, text: string): Statement<HiddenRow> {
  const row = resourceRow("r");
  return sql`SELECT count(*) FILTER (WHERE NOT ${maySee(visibility, row)}) AS hidden,
      count(*) FILTER (WHERE ${isRestricted(row)}) AS restricted
    FROM json_each(${text}) j CROSS JOIN resources r ON r.identifier = j.value`;
}
