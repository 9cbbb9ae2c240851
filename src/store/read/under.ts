/** Restriction of a read to a part of the tree. */
import type { Query } from "../../query/query.ts";
import { eachChild } from "../children.ts";
import { raw, sql, type Sql } from "../sql.ts";
import { eachVersion, type View } from "../visible.ts";

/** Statement that answers one row when the resource is in the view. */
export const existsIn = (view: View, identifier: string): Sql =>
  eachVersion(
    view,
    (table, where) =>
      sql`SELECT 1 AS found FROM ${table} WHERE v.identifier = ${identifier} AND ${where}`,
  );

/** Up to so many descendants are enumerated; of more, each candidate is asked where it lies. */
const ENUMERATED_MAX = 500;

/**
 * How a statement that is restricted to all descendants of a resource finds its rows: `few`
 * enumerates the descendants, `many` walks the candidates and goes up from each. One statement
 * holds both, and the size of the subtree decides which of them runs.
 */
export type Reach = "few" | "many";

/** A read of a part of the tree. */
export interface Reaching {
  readonly query: Query;
  readonly view: View;
  readonly reach?: Reach;
}

/** A row that may lie below the parent: its columns, and how it is found from a descendant. */
export interface Candidate {
  readonly rid: string;
  readonly identifier: string;
  /** Column of the parent; absent: as the resource with the rid has it. */
  readonly parent?: string;
}

const directRids = (view: View, parent: string): Sql =>
  eachChild(view, sql`${parent}`, (table, where) => sql`SELECT v.rid FROM ${table} WHERE ${where}`);

/**
 * The descendants of a parent as the relation `under`, as far as they are few, and whether they are.
 * Where the children alone are too many, nothing else is read.
 */
const subtree = (view: View, parent: string): Sql => {
  const most = raw(String(ENUMERATED_MAX + 1));
  const below = eachChild(
    view,
    raw("u.identifier"),
    (table, where) =>
      sql`SELECT v.rid, v.identifier FROM under u CROSS JOIN ${table} WHERE ${where}`,
  );
  return sql`under(rid, identifier) AS MATERIALIZED (
      SELECT 0, ${parent} WHERE (SELECT count(*) FROM (${directRids(view, parent)} LIMIT ${most})) < ${most}
      UNION ALL ${below} LIMIT ${most} + 1),
    size(few) AS MATERIALIZED (SELECT count(*) BETWEEN 1 AND ${most} FROM under)`;
};

/** Holds when going up from a row, through resources in the view, leads to the parent. */
const leadsTo = (view: View, parent: string, row: Candidate): Sql => {
  const first =
    row.parent === undefined
      ? raw(`SELECT a.parent_identifier FROM resources a WHERE a.rid = ${row.rid}`)
      : raw(`SELECT ${row.parent}`);
  const above = eachVersion(
    view,
    (table, where) => sql`SELECT v.parent_identifier FROM up
      CROSS JOIN ${table} ON v.identifier = up.parent WHERE up.parent <> ${parent} AND ${where}`,
  );
  return sql`EXISTS (WITH RECURSIVE up(parent) AS (${first} UNION ALL ${above})
    SELECT 1 FROM up WHERE up.parent = ${parent})`;
};

/** All descendants in the view, however many. */
const allRids = (view: View, parent: string): Sql => {
  const below = eachChild(
    view,
    raw("down.identifier"),
    (table, where) => sql`SELECT v.rid, v.identifier FROM down CROSS JOIN ${table} WHERE ${where}`,
  );
  return sql`WITH RECURSIVE down(rid, identifier) AS (
      SELECT 0, ${parent} UNION ALL ${below}) SELECT rid FROM down`;
};

/** Condition on a row: it lies where the query wants it. */
export const liesUnder = ({ query, view, reach }: Reaching, row: Candidate): Sql => {
  const { under } = query;
  if (under === undefined) return raw("1");
  if (!under.indirect) return sql`${raw(row.rid)} IN (${directRids(view, under.parentIdentifier)})`;
  if (reach === undefined)
    return sql`${raw(row.rid)} IN (${allRids(view, under.parentIdentifier)})`;
  return reach === "few" ? raw("u.rid > 0") : leadsTo(view, under.parentIdentifier, row);
};

/** A table of candidates, found from the descendants where these are enumerated. */
export const candidatesFrom = ({ reach }: Reaching, table: Sql, on: string): Sql =>
  reach === "few" ? sql`under u CROSS JOIN ${table} ON ${raw(on)}` : table;

/**
 * The LIMIT of a scan: 0 in the way that is not gone. SQLite looks at it before it begins a scan,
 * whereas a condition would be asked for every row.
 */
export const limitOf = ({ reach }: Reaching, limit: Sql): Sql => {
  if (reach === undefined) return limit;
  const isGone = raw(reach === "few" ? "few" : "NOT few");
  return sql`(SELECT CASE WHEN ${isGone} THEN ${limit} ELSE 0 END FROM size)`;
};

/** A statement in both ways that it can go, of which the size of the subtree chooses one. */
export const eachReach = <R extends Reaching>(reading: R, statement: (reading: R) => Sql): Sql => {
  const { under } = reading.query;
  // A state of the past has history in every step: both ways in one statement would be too much.
  const isPast = reading.view.snapshot !== null;
  if (under === undefined || !under.indirect || isPast) return statement(reading);
  return sql`WITH RECURSIVE ${subtree(reading.view, under.parentIdentifier)}
    SELECT * FROM (${statement({ ...reading, reach: "few" })})
    UNION ALL SELECT * FROM (${statement({ ...reading, reach: "many" })})`;
};
