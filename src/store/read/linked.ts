/** Linked records in SQL: the edges of a relation, and the versions at the other end of them. */
import type { RelatedScope, Scope } from "../scope.ts";
import { raw, sql, type Sql } from "../sql.ts";
import {
  currentIn,
  historyRow,
  openIn,
  resourceRow,
  supersededIn,
  type VersionRow,
  type View,
} from "../visible.ts";
import { documentScope } from "./scopes.ts";

/** The kind of an edge as SQL: two names of payload types, and a dot between them. */
export const kindText = (relation: string): string => {
  if (!/^\w+\.\w+$/.test(relation)) throw new Error("The kind of a link has a strange form.");
  return `'${relation}'`;
};

/**
 * Edges by their source. Without statistics SQLite would go through all edges of the kind instead: it
 * takes a part of the primary key for as good as more of another index.
 */
export const edgesFrom = (alias: string): string => `edges ${alias} INDEXED BY edges_source`;

/** Versions of linked records: a join that leads to them, and which of its rows count. */
export interface LinkedRows {
  readonly source: Sql;
  readonly where: Sql;
  readonly row: VersionRow;
}

/**
 * The records that a relation links to a parent, in each table that may hold a version of them.
 *
 * @param parent SQL of the parent's identifier.
 * @param names aliases of the edge and of the version.
 */
export const linkedRows = (
  view: View,
  relation: string,
  parent: string,
  names: { readonly edge: string; readonly record: string },
): readonly LinkedRows[] => {
  const { edge, record } = names;
  const edges = sql`${raw(`${edge}.kind = ${kindText(relation)} AND ${edge}.source = ${parent}`)}
    AND ${openIn(view, edge)}`;
  const from = (table: string): Sql =>
    raw(
      `${edgesFrom(edge)} CROSS JOIN ${table} ${record} ON ${record}.identifier = ${edge}.target`,
    );
  const current = {
    source: from("resources"),
    where: sql`${edges} AND ${currentIn(view, record)}`,
    row: resourceRow(record),
  };
  if (view.snapshot === null) return [current];
  const where = sql`${edges} AND ${supersededIn(view, view.snapshot, record)}`;
  return [current, { source: from("history"), where, row: historyRow(record) }];
};

const relatedFrom =
  (view: View, parent: string, depth: number): RelatedScope =>
  (relation) => {
    const record = `c${depth}`;
    const scope: Scope = {
      ...documentScope(record),
      related: relatedFrom(view, `${record}.identifier`, depth + 1),
    };
    return linkedRows(view, relation, parent, { edge: `e${depth}`, record }).map((rows) => ({
      ...rows,
      scope,
    }));
  };

/** A scope whose conditions may speak of linked records, as the view shows them. */
export const withRelated = (scope: Scope, view: View): Scope => ({
  ...scope,
  related: relatedFrom(view, scope.column("identifier"), 1),
});
