/**
 * Who sees what is restricted: who owns it or something above it, and whom a live grant on one of
 * these is for. All of it is decided in the tables `restricted` and `restricted_above`, which hold
 * the restricted resources and everything above them.
 */
import { naming, raw, sql, type Sql } from "../sql/template.ts";

/**
 * An id or name of ours as SQL. It stands in a statement dozens of times, of whose parameters there
 * are 100: what has a checked form needs none.
 */
export const literal = (text: string): string => {
  if (!/^[\w:*.@+~=-]+$/.test(text)) throw new Error("An id or name has a strange form.");
  return `'${text}'`;
};

const compactText = (text: string): string => text.replaceAll(/\s+/g, " ");

/** A piece without the spaces of its layout: it stands in a statement dozens of times as well. */
const compact = (part: Sql): Sql => ({ ...part, text: compactText(part.text) });

/** The tables that hold what is restricted and what lies above it. */
const TABLES = ["restricted", "restricted_above"] as const;

/**
 * The relation `granted(rid, below)` of a reader: the rows that live grants open to it, as the grantee
 * itself, as a member of a live group or project, or of a live group in a live project. Of an
 * instrument that it has access to, `below` is 1: what lies below it is opened, and not the row itself.
 */
const grantedTo = (type: string, id: string): string => {
  const isMember = (alias: string): string =>
    `${alias}."f_member_id" = ${id} AND ${alias}."f_member_type" = ${type}`;
  const grantsTo = (container: string): string => `CROSS JOIN x_grant g
      ON g."f_grantee_id" = ${container}.identifier AND g."f_grantee_type" = ${container}.payload_type
    CROSS JOIN resources r ON r.identifier = g."f_resource_identifier"`;
  return `granted(rid, below) AS MATERIALIZED (
    SELECT r.rid, 0 FROM x_grant g CROSS JOIN resources r ON r.identifier = g."f_resource_identifier"
      WHERE g."f_grantee_id" = ${id} AND g."f_grantee_type" = ${type}
    UNION ALL SELECT r.rid, 0 FROM x_membership m
      CROSS JOIN resources c ON c.identifier = m."f_container_id" ${grantsTo("c")}
      WHERE ${isMember("m")} AND c.payload_type IN ('group', 'project') AND c.is_deleted = 0
    UNION ALL SELECT r.rid, 0 FROM x_membership n
      CROSS JOIN resources k ON k.identifier = n."f_container_id"
      CROSS JOIN x_membership m ON m."f_member_id" = k.identifier AND m."f_member_type" = 'group'
      CROSS JOIN resources c ON c.identifier = m."f_container_id" ${grantsTo("c")}
      WHERE ${isMember("n")} AND k.payload_type = 'group' AND k.is_deleted = 0
        AND c.payload_type = 'project' AND c.is_deleted = 0
    UNION ALL SELECT r.rid, 1 FROM x_instrument_access a
      CROSS JOIN resources r ON r.identifier = a."f_instrument_id"
      WHERE a."f_user_id" = ${id} AND ${type} = 'user')`;
};

/** SQL that names `granted`. */
const withGranted = (reader: string, part: Sql): Sql => {
  const [type = "", id = type] = reader.split(":", 2);
  return naming(part, "granted", compactText(grantedTo(literal(type), literal(id))));
};

/**
 * Holds when a walk up from a row, itself included, comes to something that the reader owns or has a
 * grant on: then everything below the row is open to the reader.
 *
 * @param start SQL of the rid to begin with; may be NULL.
 */
const leadsToOpen = (reader: string, start: Sql): Sql => {
  const me = literal(reader);
  const steps = TABLES.map(
    (
      table,
    ) => `SELECT w.parent, coalesce(w.owner = ${me}, 0) OR w.rid IN (SELECT g.rid FROM granted g)
      FROM up CROSS JOIN ${table} w ON w.rid = up.next WHERE NOT up.is_open`,
  );
  const open = sql`EXISTS (WITH RECURSIVE up(next, is_open) AS (SELECT ${start}, 0
    UNION ${raw(steps.join(" UNION "))}) SELECT 1 FROM up WHERE up.is_open)`;
  return withGranted(reader, compact(open));
};

/**
 * Holds when the reader sees the restricted resource with this rid: it owns it or something above it,
 * or a grant opens one of these. Where nothing within the restricted part of its tree is the reader's
 * the walk begins above that part, so that no depth of what is hidden is walked.
 */
export const mayOpen = (reader: string, rid: string): Sql => {
  const me = literal(reader);
  const isNear = `EXISTS (SELECT 1 FROM restricted o WHERE o.owner = ${me} AND o.top = q.top)
    OR q.top IN (SELECT k.top FROM granted g CROSS JOIN restricted k ON k.rid = g.rid)`;
  const start = raw(`CASE WHEN ${isNear} THEN q.parent
    ELSE (SELECT t.parent FROM restricted t WHERE t.rid = q.top) END`);
  const isOpen = sql`EXISTS (SELECT 1 FROM restricted q WHERE q.rid = ${raw(rid)} AND (
    q.owner = ${raw(me)} OR q.rid IN (SELECT g.rid FROM granted g WHERE +g.below = 0)
    OR ${leadsToOpen(reader, start)}))`;
  return compact(isOpen);
};

/** Expression: 1 when there may be something restricted that the reader sees. */
export const hasAccess = (reader: string): Sql => {
  const owned = TABLES.map(
    (table) => `SELECT 1 FROM ${table} o WHERE o.owner = ${literal(reader)}`,
  );
  const ways = [...owned, "SELECT 1 FROM granted g"].map((rows) => `EXISTS (${rows})`);
  return withGranted(reader, raw(`(${ways.join(" OR ")})`));
};

/**
 * Condition on a resource: everything below it is open to the reader.
 *
 * @param rid SQL of its rid.
 */
export const opensAll = (reader: string, rid: Sql): Sql => leadsToOpen(reader, rid);

/**
 * A value where everything below a resource is open to the reader, else NULL. What is compared with it
 * is looked up once: a condition by itself SQLite would ask of each row.
 */
export const whereOpen = (reader: string, rid: Sql, value: Sql): Sql =>
  sql`CASE WHEN ${opensAll(reader, rid)} THEN ${value} END`;

/**
 * Rids of the restricted children of a resource that are the reader's own, or granted to it
 * themselves.
 *
 * @param parent SQL of the rid of the resource; NULL for the roots.
 */
export const ownChildren = (reader: string, parent: string): Sql => {
  const isChild = parent === "NULL" ? "k.parent IS NULL" : `k.parent = ${parent}`;
  const rows = `SELECT k.rid FROM restricted k WHERE ${isChild} AND k.owner = ${literal(reader)}
    UNION ALL SELECT k.rid FROM granted g CROSS JOIN restricted k ON k.rid = g.rid
      WHERE +g.below = 0 AND ${isChild}`;
  return withGranted(reader, raw(rows));
};

/** Rids of the restricted children of a resource that the reader sees. */
export const restrictedChildren = (reader: string, parent: string): Sql =>
  parent === "NULL"
    ? ownChildren(reader, parent)
    : sql`SELECT k.rid FROM restricted k
        WHERE k.parent = ${whereOpen(reader, raw(parent), raw(parent))}
        UNION ALL ${ownChildren(reader, parent)}`;

/** What the relations of rows that are open to a reader are put together from. */
const partsOf = (most: number | null) => {
  const limit = most === null ? "" : ` LIMIT ${most}`;
  const children = (table: string, of: string): string =>
    `SELECT c.rid FROM ${table} c WHERE c.parent = ${of}`;
  const belowGrants = `SELECT c.rid FROM granted g CROSS JOIN resources c ON c.rid IN (
      ${TABLES.map((table) => children(table, "g.rid")).join(" UNION ALL ")}${limit}) WHERE +g.below = 1`;
  return {
    limit,
    children,
    first: (rows: string): string => (most === null ? rows : `SELECT rid FROM (${rows}${limit})`),
    granted: ["SELECT g.rid FROM granted g WHERE +g.below = 0", belowGrants],
  };
};

/**
 * The relation of the restricted resources that the reader sees, and of open ones above which it has
 * access. They are found from what it owns and what is granted to it down the tree: what is hidden is
 * not looked at.
 *
 * @param most rows after which it ends, and is no more than a sign that they are many; null: all.
 */
const relationOf = (reader: string, name: string, most: number | null): string => {
  const { limit, first, granted, children } = partsOf(most);
  const points = [
    ...TABLES.map((table) => `SELECT o.rid FROM ${table} o WHERE o.owner = ${literal(reader)}`),
    ...granted,
  ];
  const steps = TABLES.map((table) => {
    const isChild =
      most === null ? "k.parent = a.rid" : `k.rid IN (${children(table, "a.rid")}${limit})`;
    return `SELECT k.rid FROM ${name} a CROSS JOIN ${table} k ON ${isChild}`;
  });
  // The newest first: children are mostly younger than their parents, so that few wait for their turn.
  const end = most === null ? "" : ` ORDER BY 1 DESC${limit}`;
  return `${name}_points(rid) AS MATERIALIZED (${points.map(first).join(" UNION ALL ")}),
    ${name}(rid) AS MATERIALIZED (SELECT rid FROM ${name}_points UNION ${steps.join(" UNION ")}${end})`;
};

const named = (reader: string, part: string, name: string, definition: string): Sql =>
  naming(withGranted(reader, raw(part)), name, definition);

/** SQL that names `accessible(rid)`: every restricted row that is open to the reader, and rows above. */
export const withAccessible = (reader: string, part: string): Sql =>
  named(reader, part, "accessible", relationOf(reader, "accessible", null));

/** How many rows are enumerated; of more, each restricted row that is come by is asked. */
const ENUMERATED_MAX = 500;

/**
 * The same with `some_accessible(rid)`, as far as they are few, with `accessible_names(identifier)` of
 * those that are restricted, and with `accessible_size(few)`.
 */
export const withFewAccessible = (reader: string, part: string): Sql => {
  const name = "some_accessible";
  const definition = `${relationOf(reader, name, ENUMERATED_MAX + 1)},
    accessible_size(few) AS MATERIALIZED (SELECT count(*) <= ${ENUMERATED_MAX} FROM ${name}),
    accessible_names(identifier) AS MATERIALIZED (SELECT r.identifier FROM ${name} a
      CROSS JOIN resources r ON r.rid = a.rid WHERE r.visibility = 2)`;
  return named(reader, part, name, definition);
};

/**
 * SQL that names `some_others(rid, is_zone)`: what is open to the reader beside its own rows, by grants
 * and below its own rows, as far as it is few, and `others_size(few)`. Of a restricted subtree that is
 * open as a whole there is the uppermost row alone, with `is_zone` 1. Some of the rows may be its own.
 */
export const withOthers = (reader: string, part: string): Sql => {
  const name = "some_others";
  const { limit, first, granted, children } = partsOf(ENUMERATED_MAX + 1);
  const foreign = TABLES.map(
    (table) => `SELECT o.rid FROM ${table} o INDEXED BY ${table}_foreign
    WHERE o.parent_owner = ${literal(reader)} AND o.parent_owner <> o.owner`,
  );
  const isZone = (alias: string): string => `coalesce(${alias}.top = ${alias}.rid, 0)`;
  const steps = TABLES.map(
    (table) => `SELECT k.rid, ${table === "restricted" ? isZone("k") : "0"}
    FROM ${name} a CROSS JOIN ${table} k ON k.rid IN (${children(table, "a.rid")}${limit})
    WHERE NOT a.is_zone`,
  );
  const definition = `${name}_points(rid) AS MATERIALIZED (
      ${[...foreign, ...granted].map(first).join(" UNION ALL ")}),
    ${name}(rid, is_zone) AS MATERIALIZED (
      SELECT p.rid, ${isZone("q")} FROM ${name}_points p LEFT JOIN restricted q ON q.rid = p.rid
      UNION ${steps.join(" UNION ")} ORDER BY 1 DESC${limit}),
    others_size(few) AS MATERIALIZED (SELECT count(*) <= ${ENUMERATED_MAX} FROM ${name})`;
  return named(reader, part, name, definition);
};
