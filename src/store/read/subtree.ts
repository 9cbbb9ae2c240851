/**
 * Restriction of a read to a part of the tree: to what lies below some resources, directly or at all.
 *
 * There are two ways to find these rows. One goes down from the parents through the whole subtree;
 * the other goes through the rows that the rest of the query finds, its candidates, and up from each
 * of them. Neither is good for all queries: a page of the newest is found at once among millions below
 * a root, and a handful below a patient is not to be looked for among millions. So a statement first
 * tries candidates, as many as cost about as much as the subtree; where these are not enough, it
 * enumerates the subtree. How large that is, the rollups tell. They are a guess, which only
 * decides how much is tried: both ways give the same rows.
 */
import type { Condition, Literal } from "../../query/condition.ts";
import type { Query } from "../../query/query.ts";
import { join, raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { childVersions } from "./children.ts";
import { currentIn, eachVersion, visibleClasses, type View } from "../visibility/visible.ts";
import { affectedSince, hasRollup, type RollupView } from "../closure/since.ts";

/** A row that says that there is something. */
export interface FoundRow {
  readonly found: number;
}

/** Statement that answers one row when the resource is in the view. */
export function existsIn(view: View, identifier: string): Statement<FoundRow> {
  return eachVersion(
    view,
    (table, where) =>
      sql`SELECT 1 AS found FROM ${table} WHERE v.identifier = ${identifier} AND ${where}`,
  );
}

/** Where a query looks in the tree. */
export interface Place {
  /** JSON array of the identifiers of the parents. */
  readonly parents: string;
  /** False: direct children only. True: all descendants. */
  readonly indirect: boolean;
}

const parentsNamed = (condition: Condition): readonly Literal[] | undefined => {
  if (condition.kind === "and") {
    return condition.of.map(parentsNamed).find((found) => found !== undefined);
  }
  if (condition.kind !== "compare" && condition.kind !== "in") return undefined;
  const { column, segments } = condition.path;
  if (column !== "parent_identifier" || segments.length > 0) return undefined;
  if (condition.kind === "in") return condition.values;
  return condition.op === "eq" ? [condition.value] : undefined;
};

/** Parents that one parameter holds in any case. */
const PARENTS_MAX = 1_000;

/** Where a query looks: where it says so, or where its condition has the parents named. */
export function placeOf({ under, condition }: Query): Place | undefined {
  if (under !== undefined) {
    return { parents: JSON.stringify([under.parentIdentifier]), indirect: under.indirect };
  }
  const parents = parentsNamed(condition);
  if (parents === undefined || parents.length > PARENTS_MAX) return undefined;
  return { parents: JSON.stringify([...new Set(parents)]), indirect: false };
}

/** A place as somebody sees it. */
export interface Looked {
  readonly view: View;
  readonly place: Place;
}

const parentsIn = ({ parents }: Place): Sql => sql`(SELECT value FROM json_each(${parents}))`;

/**
 * The relation `under(rid, identifier, past, ref)` of what lies below the parents: for each resource
 * the version that is in the view, in `resources` or, where it is past, in `history`. The parents of a
 * whole subtree are in it too, as `rid` 0.
 *
 * @param where condition under which it is wanted at all.
 */
const under = ({ view, place }: Looked, where: Sql): readonly Sql[] => {
  const parents = sql`(SELECT j.value AS identifier FROM json_each(${place.parents}) j WHERE ${where})`;
  const children = (from: Sql): readonly Sql[] =>
    childVersions(view, raw("w.identifier"), "v").map(
      ({ table, where: counts }, past) => sql`SELECT v.rid, v.identifier,
        ${raw(past === 0 ? "0, v.rid" : "1, v.hid")} FROM ${from} w CROSS JOIN ${table} WHERE ${counts}`,
    );
  const named = (name: string, arms: readonly Sql[]): Sql =>
    sql`${raw(name)}(rid, identifier, past, ref) AS MATERIALIZED (${join(arms, " UNION ALL ")})`;
  const first = sql`SELECT 0, identifier, 0, 0 FROM ${parents}`;
  if (!place.indirect) return [named("under", children(parents))];
  if (!hasClosure(view)) return [named("under", [first, ...children(raw("under"))])];
  const start = raw(`SELECT 0, identifier, 0, 0 FROM place_parents
    WHERE NOT EXISTS (SELECT 1 FROM stretch)`);
  return [
    sql`place_parents(identifier) AS MATERIALIZED (SELECT identifier FROM ${parents})`,
    ...stretchIn(view),
    named("descended", [start, ...children(raw("descended"))]),
    named("under", [
      raw("SELECT * FROM descended"),
      raw("SELECT 0, identifier, 0, 0 FROM stretch"),
      ...belowStretch(view),
    ]),
  ];
};

/** Up to so many resources below a parent are walked to: the closure is read for more. */
const WALKED_MAX = 1_000;

/** True for who sees whole classes alone, of now: what lies below a resource is what the closure says. */
const hasClosure = (view: View): view is RollupView =>
  hasRollup(view) && visibleClasses(view.visibility).accessor === null;

/**
 * `stretch(identifier, first, last)`: the paths of the closure below the parent, where much lies there and
 * the parent has not changed since the watermark; see `base` and `affected`.
 */
const stretchIn = (view: RollupView): readonly Sql[] => [
  affectedSince(
    view,
    sql`(SELECT ${descendants(view)} FROM place_parents j
    CROSS JOIN resources p ON p.identifier = j.identifier
    CROSS JOIN rollup_counts c ON c.generation = s.generation AND c.rid = p.rid) > ${raw(String(WALKED_MAX))}`,
  ),
  sql`changed AS MATERIALIZED (SELECT rid, path FROM affected),
    stretch(identifier, first, last) AS MATERIALIZED (
      SELECT p.identifier, coalesce(n.path, '') || p.rid || '/', coalesce(n.path, '') || p.rid || '0'
      FROM base CROSS JOIN place_parents j
      CROSS JOIN resources p ON p.identifier = j.identifier LEFT JOIN closure n ON n.rid = p.rid
      WHERE ${currentIn(view, "p")} AND p.rid NOT IN (SELECT rid FROM changed))`,
];

/** What lies there: as the closure says, and as it is now of what has changed since. */
const belowStretch = (view: RollupView): readonly Sql[] => [
  sql`SELECT v.rid, v.identifier, 0, v.rid FROM stretch b
    CROSS JOIN closure n ON n.path >= b.first AND n.path < b.last
    CROSS JOIN resources v ON v.rid = n.rid
    WHERE n.rid NOT IN (SELECT rid FROM changed) AND ${currentIn(view, "v")}`,
  sql`SELECT v.rid, v.identifier, 0, v.rid FROM stretch b
    CROSS JOIN changed n ON n.path >= b.first AND n.path < b.last
    CROSS JOIN resources v ON v.rid = n.rid WHERE ${currentIn(view, "v")}`,
];

/** How many rollups say lie below `p`: of those that are open to all, or that an admin sees. */
const descendants = ({ visibility }: View): Sql =>
  raw(`coalesce(sum(c.descendants) FILTER (WHERE
    ${visibility.kind === "everything" ? "1" : "c.restricted = 0"}), 0)`);

/** An attempt to find the rows among candidates. */
export interface Attempt {
  /** How many candidates it may look at; it looks at `guess.tried`. */
  readonly tried: Sql;
  /** Its common table expressions. */
  readonly expressions: readonly Sql[];
  /** Expression: it has found all that is wanted. */
  readonly isEnough: Sql;
}

/**
 * How many candidates are worth trying, by how many resources lie below the parents that are open to
 * all, or that an admin sees. That is known of every resource that was there at the watermark of the
 * rollups; of younger ones nothing is.
 */
const guess = ({ view, place: { parents, indirect } }: Looked, tried: Sql): Sql => {
  const isCounted = view.visibility.kind === "everything" ? "1" : "c.restricted = 0";
  return sql`guess(tried) AS MATERIALIZED (
    SELECT ${tried} FROM (
      SELECT CASE WHEN max(p.created_at) <= coalesce(
        (SELECT t.recorded_at FROM transactions t WHERE t.id = s.tx), 0) THEN
        coalesce(sum(${raw(indirect ? "c.descendants" : "c.children")}), 0) END AS size
      FROM rollup_state s CROSS JOIN json_each(${parents}) j
      CROSS JOIN resources p ON p.identifier = j.value
      LEFT JOIN rollup_counts c ON c.generation = s.generation AND c.rid = p.rid
        AND ${raw(isCounted)}
      WHERE s.id = 1 AND s.generation > 0))`;
};

/** Candidates that are tried where nobody knows what lies below, and all of them have to be. */
const UNKNOWN_TRIED = 50;

/** Where all candidates have to be tried: going up from one costs about as much as going down to two. */
export const TRIED_OF_ALL = raw(`coalesce(size / 2, ${UNKNOWN_TRIED})`);

/**
 * The same where the first ones that lie there are enough: some of them where that is not to be
 * expected soon.
 *
 * @param areAllRead true: all that are tried are read, whether the first ones are enough or not.
 */
export function triedInOrder(wanted: number, areAllRead: boolean): Sql {
  const expected = `${2 * wanted} * (SELECT max(rid) FROM resources) / size`;
  const tried = areAllRead ? `2 * ${expected}` : "size / 2";
  const unknown = areAllRead ? wanted : 2 * wanted;
  return raw(`CASE WHEN size IS NULL THEN ${unknown} WHEN size = 0 THEN 0
    WHEN ${expected} < size / 2 THEN max(${tried}, ${2 * wanted}) ELSE size / 8 END`);
}

/**
 * A statement over the part of the tree. It may name `under`, what lies there, unless the attempt has
 * found what is wanted: then `under` is empty.
 *
 * SQLite works through a common table expression anew for each place that names it, with all that it
 * names in turn: they are named as seldom as can be.
 *
 * @param attempt what may be shorter than the subtree; absent: nothing is.
 */
export function inPlace(looked: Looked, attempt: Attempt | undefined, statement: Sql): Sql {
  const expressions =
    attempt === undefined
      ? under(looked, raw("1"))
      : [
          guess(looked, attempt.tried),
          ...attempt.expressions,
          ...under(looked, sql`NOT ${attempt.isEnough}`),
        ];
  return sql`WITH RECURSIVE ${join(expressions, ", ")} ${statement}`;
}

/** Condition on a row: going up from it, through resources in the view, leads to a parent. */
export function liesIn(view: View, place: Place, row: Candidate): Sql {
  const first =
    row.parent === undefined
      ? raw(`(SELECT a.parent_identifier FROM resources a WHERE a.rid = ${row.rid})`)
      : raw(row.parent);
  if (!place.indirect) return sql`${first} IN ${parentsIn(place)}`;
  const above = eachVersion(
    view,
    (table, where) => sql`SELECT v.parent_identifier FROM up
      CROSS JOIN ${table} ON v.identifier = up.parent
      WHERE up.parent NOT IN ${parentsIn(place)} AND ${where}`,
  );
  return sql`EXISTS (WITH RECURSIVE up(parent) AS (SELECT ${first} UNION ALL ${above})
    SELECT 1 FROM up WHERE up.parent IN ${parentsIn(place)})`;
}

/** A row that may lie below a parent: its columns. */
export interface Candidate {
  readonly rid: string;
  readonly identifier: string;
  /** Column of the parent; absent: as the resource with the rid has it. */
  readonly parent?: string;
}
