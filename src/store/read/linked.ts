/** Linked records in SQL: the edges of a relation, and the versions at the other end of them. */
import type { RelatedScope, Scope } from "../compile/scope.ts";
import { withFewAccessible } from "../visibility/access.ts";
import { allOf, raw, sql, type Sql } from "../sql/template.ts";
import {
  currentIn,
  historyRow,
  openIn,
  resourceRow,
  supersededIn,
  visibleClasses,
  type VersionRow,
  type View,
} from "../visibility/visible.ts";
import { documentScope } from "./scopes.ts";

/** The kind of an edge as SQL: two names of payload types, and a dot between them. */
export function kindText(relation: string): string {
  if (!/^\w+\.\w+$/.test(relation)) throw new Error("The kind of a link has a strange form.");
  return `'${relation}'`;
}

/**
 * Edges by their source. Without statistics SQLite would go through all edges of the kind instead: it
 * takes a part of the primary key for as good as more of another index.
 */
export function edgesFrom(alias: string): string {
  return `edges ${alias} INDEXED BY edges_source`;
}

/** Versions of linked records: a join that leads to them, and which of its rows count. */
export interface LinkedRows {
  readonly source: Sql;
  readonly where: Sql;
  readonly row: VersionRow;
  /** The table of the versions, and its primary key. */
  readonly table: "resources" | "history";
  readonly key: "rid" | "hid";
}

/** Edges that lead from a resource to others: their kind, and the resource. */
interface From {
  readonly kind: string;
  /** SQL of the identifier of the resource. */
  readonly source: string;
}

/** What is at the other end of edges, for a reader to whom something restricted may be open. */
const openTargets = (view: View, reader: string, { kind, source }: From): Sql => {
  const edges = sql`SELECT e.target FROM ${raw(edgesFrom("e"))}
    WHERE ${raw(`e.kind = ${kind} AND e.source = ${source}`)} AND ${openIn(view, "e")}`;
  const { whole } = visibleClasses(view.visibility);
  const few = withFewAccessible(
    reader,
    "e.target IN (SELECT n.identifier FROM accessible_names n)",
  );
  return sql`${edges} AND ${raw(`e.visibility <= ${Math.max(-1, ...whole)}`)}
    UNION ALL ${edges} AND e.visibility = 2 AND ${few}
    UNION ALL ${edges} AND e.visibility = CASE WHEN (SELECT few FROM accessible_size) THEN NULL ELSE 2 END`;
};

/**
 * The versions at the other end of edges, in each table that may hold one. What the reader does not
 * see there is passed by: edges know the class of their target.
 *
 * @param record alias of the version.
 */
export function targetsOf(
  view: View,
  from: From,
  edge: string,
  record: string,
): readonly LinkedRows[] {
  const { whole, hasOthers, accessor } = visibleClasses(view.visibility);
  const isOpen = hasOthers ? `${edge}.visibility <= ${Math.max(-1, ...whole)}` : "1";
  const linked = (table: string): Pick<LinkedRows, "source" | "where"> =>
    accessor === null
      ? {
          source: raw(
            `${edgesFrom(edge)} CROSS JOIN ${table} ${record} ON ${record}.identifier = ${edge}.target`,
          ),
          where: allOf([
            raw(`${edge}.kind = ${from.kind} AND ${edge}.source = ${from.source}`),
            raw(isOpen),
            openIn(view, edge),
          ]),
        }
      : {
          source: raw(`${table} ${record}`),
          where: sql`${raw(record)}.identifier IN (${openTargets(view, accessor, from)})`,
        };
  const rowsIn = (table: LinkedRows["table"], row: VersionRow, counts: Sql): LinkedRows => {
    const { source, where } = linked(table);
    const key = table === "resources" ? "rid" : "hid";
    return { source, where: sql`${where} AND ${counts}`, row, table, key };
  };
  const current = rowsIn(
    "resources",
    resourceRow(record),
    currentIn(view, record, accessor !== null),
  );
  if (view.snapshot === null) return [current];
  const counts = supersededIn(view, view.snapshot, record);
  return [current, rowsIn("history", historyRow(record), counts)];
}

/**
 * The records that a relation links to a parent, in each table that may hold a version of them.
 *
 * @param parent SQL of the parent's identifier.
 * @param names aliases of the edge and of the version.
 */
export function linkedRows(
  view: View,
  relation: string,
  parent: string,
  { edge, record }: { readonly edge: string; readonly record: string },
): readonly LinkedRows[] {
  return targetsOf(view, { kind: kindText(relation), source: parent }, edge, record);
}

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
export function withRelated(scope: Scope, view: View): Scope {
  return {
    ...scope,
    related: relatedFrom(view, scope.column("identifier"), 1),
  };
}
