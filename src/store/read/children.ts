/**
 * What lies directly below a resource, as a reader sees it. The index of the tree tells the classes of
 * rows apart, and restricted children are found from what is open to the reader: of hidden ones none
 * is looked at, however many there are.
 */
import { opensAll, ownChildren, restrictedChildren, whereOpen } from "../visibility/access.ts";
import { inTypes } from "../visibility/readable-types.ts";
import { allOf, join, raw, sql, type Sql } from "../sql/template.ts";
import {
  wholeArray,
  currentExisting,
  historyRow,
  resourceRow,
  supersededIn,
  visibleClasses,
  type SelectVersions,
  type ArrayExpression,
  type VersionRow,
  type View,
} from "../visibility/visible.ts";

/** Tables with versions of children under an alias, and which of their rows count. */
export interface ChildVersions {
  readonly table: Sql;
  readonly where: Sql;
  readonly row: VersionRow;
}

/** Alias of the parent, where children are found from its row. */
const PARENT = "parent_row";
const OF_PARENT = `o.parent_identifier = ${PARENT}.identifier`;

const isBelow = (alias: string, parent: Sql | null): Sql =>
  parent === null
    ? raw(`${alias}.parent_identifier IS NULL`)
    : sql`${raw(alias)}.parent_identifier = ${parent}`;

/** Children that are found by their rids, from the row of their parent. */
const byRids = (
  alias: string,
  parent: Sql | null,
  rids: (parent: string) => Sql,
): Pick<ChildVersions, "table" | "where"> =>
  parent === null
    ? { table: raw(`resources ${alias}`), where: sql`${raw(alias)}.rid IN (${rids("NULL")})` }
    : {
        table: raw(`resources ${PARENT} CROSS JOIN resources ${alias}`),
        where: sql`${raw(PARENT)}.identifier = ${parent}
          AND ${raw(alias)}.rid IN (${rids(`${PARENT}.rid`)})`,
      };

const supersededBelow = (view: View, parent: Sql | null, alias: string): readonly ChildVersions[] =>
  view.snapshot === null
    ? []
    : [
        {
          table: raw(`history ${alias}`),
          where: allOf([isBelow(alias, parent), supersededIn(view, view.snapshot, alias)]),
          row: historyRow(alias),
        },
      ];

const isCounted = (view: View, alias: string, isFound = false): Sql =>
  allOf([currentExisting(view, alias, isFound), inTypes(view.visibility, resourceRow(alias))]);

/**
 * The versions of children in the view, in no order.
 *
 * @param parent SQL of the parent's identifier; null for the roots.
 */
export function childVersions(
  view: View,
  parent: Sql | null,
  alias: string,
): readonly ChildVersions[] {
  const { whole, hasOthers, accessor } = visibleClasses(view.visibility);
  const isOpen = (visibility: string): string => {
    if (whole.length === 1) return `${visibility} = ${whole[0]}`;
    return hasOthers ? `${visibility} <= ${Math.max(-1, ...whole)}` : "1";
  };
  const row = resourceRow(alias);
  if (accessor === null) {
    const open = [isBelow(alias, parent), raw(isOpen(row.visibility)), isCounted(view, alias)];
    const current = { table: raw(`resources ${alias}`), where: allOf(open), row };
    return [current, ...supersededBelow(view, parent, alias)];
  }
  // One term for both, since a recursive query may have few of them.
  const found = byRids(alias, parent, (of) => {
    const isChild = parent === null ? "o.parent_identifier IS NULL" : OF_PARENT;
    const open = `${isChild} AND o.is_deleted = ${view.deletedOnly === true ? 1 : 0}`;
    return sql`SELECT o.rid FROM resources o WHERE ${raw(`${open} AND ${isOpen("o.visibility")}`)}
      UNION ALL ${restrictedChildren(accessor, of)}`;
  });
  const current = { ...found, where: allOf([found.where, isCounted(view, alias, true)]), row };
  return [current, ...supersededBelow(view, parent, alias)];
}

/**
 * The same, but children of one class by themselves, in the order of creation, so that the first of
 * many cost no more than the first of few.
 */
export function orderedChildVersions(
  view: View,
  parent: Sql | null,
  alias: string,
): readonly ChildVersions[] {
  const { whole, accessor } = visibleClasses(view.visibility);
  const row = resourceRow(alias);
  const ofClass = (visibility: number, of: Sql | null): ChildVersions => ({
    table: raw(`resources ${alias}`),
    where: allOf([
      isBelow(alias, of),
      raw(`${row.visibility} = ${visibility}`),
      isCounted(view, alias),
    ]),
    row,
  });
  const classes = whole.map((each) => ofClass(each, parent));
  if (accessor === null) return [...classes, ...supersededBelow(view, parent, alias)];
  const own = byRids(alias, parent, (of) => ownChildren(accessor, of));
  const counted = isCounted(view, alias, true);
  if (parent === null) {
    return [
      ...classes,
      { ...own, where: allOf([own.where, counted]), row },
      ...supersededBelow(view, parent, alias),
    ];
  }
  const rid = sql`(SELECT p.rid FROM resources p WHERE p.identifier = ${parent})`;
  return [
    ...classes,
    ofClass(2, whereOpen(accessor, rid, parent)),
    { ...own, where: allOf([own.where, counted, sql`NOT ${opensAll(accessor, rid)}`]), row },
    ...supersededBelow(view, parent, alias),
  ];
}

/** A selection over the children in the view; see `childVersions`. */
export function eachChild(
  view: View,
  parent: Sql | null,
  select: SelectVersions,
  alias = "v",
): Sql {
  return join(
    childVersions(view, parent, alias).map(({ table, where, row }) => select(table, where, row)),
    " UNION ALL ",
  );
}

/** JSON array text of the live, visible direct children, in order of insertion; null for none. */
export function childrenOf(
  view: View,
  identifier: string,
  expression: ArrayExpression = wholeArray,
): Sql {
  const arms = childVersions(view, raw(identifier), "c");
  const rows = join(
    arms.map(({ table, where }) => sql`SELECT c.rid, c.identifier FROM ${table} WHERE ${where}`),
    " UNION ALL ",
  );
  // The index gives the children of one class in order; an ORDER BY inside the aggregate would sort.
  // For most rows there is nothing to sort, which would count as a row that is read.
  return arms.length === 1
    ? sql`CASE WHEN EXISTS (${rows}) THEN
        (SELECT ${raw(expression("json_group_array(k.identifier)"))} FROM (${rows} ORDER BY c.rid) k) END`
    : sql`(SELECT ${raw(expression("json_group_array(k.identifier ORDER BY k.rid)"))} FROM (${rows}) k)`;
}
