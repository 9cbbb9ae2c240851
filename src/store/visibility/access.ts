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
export function literal(text: string): string {
  if (!/^[\w:*.@+~=-]+$/.test(text)) throw new Error("An id or name has a strange form.");
  return `'${text}'`;
}

const compactText = (text: string): string => text.replaceAll(/\s+/g, " ");

/** A piece without the spaces of its layout: it stands in a statement dozens of times as well. */
const compact = (part: Sql): Sql => ({ ...part, text: compactText(part.text) });

/** How many rows are enumerated; of more, each restricted row that is come by is asked. */
const ENUMERATED_MAX = 500;

/** The tables that hold what is restricted and what lies above it. */
const TABLES = ["restricted", "restricted_above"] as const;

/**
 * The relation `identities(id, type)` of a reader: whom grants to it are for. It is the reader itself,
 * its live groups and projects, and the live projects of its live groups.
 */
function identitiesOf(type: string, id: string): string {
  const isMember = (alias: string): string =>
    `${alias}."f_member_id" = ${id} AND ${alias}."f_member_type" = ${type}`;
  return `identities(id, type) AS MATERIALIZED (
    SELECT ${id}, ${type}
    UNION SELECT c.identifier, c.payload_type FROM x_membership m
      CROSS JOIN resources c ON c.identifier = m."f_container_id"
      WHERE ${isMember("m")} AND c.payload_type IN ('group', 'project') AND c.is_deleted = 0
    UNION SELECT c.identifier, c.payload_type FROM x_membership n
      CROSS JOIN resources k ON k.identifier = n."f_container_id"
      CROSS JOIN x_membership m ON m."f_member_id" = k.identifier AND m."f_member_type" = 'group'
      CROSS JOIN resources c ON c.identifier = m."f_container_id"
      WHERE ${isMember("n")} AND k.payload_type = 'group' AND k.is_deleted = 0
        AND c.payload_type = 'project' AND c.is_deleted = 0)`;
}

/**
 * The relation `granted(rid, below)` of a reader: the rows that live grants open to it. Of an
 * instrument that it has access to, `below` is 1: what lies below it is opened, and not the row itself.
 * Others decide how many these are, so that a statement takes a limited number of them.
 */
function grantedTo(): string {
  return `granted(rid, below) AS NOT MATERIALIZED (
    SELECT r.rid, 0 FROM identities e
      CROSS JOIN x_grant g ON g."f_grantee_id" = e.id AND g."f_grantee_type" = e.type
      CROSS JOIN resources r ON r.identifier = g."f_resource_identifier"
    UNION ALL SELECT rid, 1 FROM instruments)`;
}

/** The relation `instruments(rid)` of a reader: those that an admin gave it access to. */
function instrumentsOf(type: string, id: string): string {
  return `instruments(rid) AS MATERIALIZED (SELECT r.rid FROM x_instrument_access a
    CROSS JOIN resources r ON r.identifier = a."f_instrument_id"
    WHERE a."f_user_id" = ${id} AND ${type} = 'user')`;
}

/** Type and id of a reader as SQL. */
function literalsOf(reader: string): readonly [type: string, id: string] {
  const [type = "", id = type] = reader.split(":", 2);
  return [literal(type), literal(id)];
}

/** SQL that names `identities`, `identities_size(n)` and `instruments`. */
function withIdentities(reader: string, part: Sql): Sql {
  const size = "identities_size(n) AS MATERIALIZED (SELECT count(*) FROM identities)";
  const withInstruments = naming(
    part,
    "instruments",
    compactText(instrumentsOf(...literalsOf(reader))),
  );
  const sized = naming(withInstruments, "identities_size", size);
  return naming(sized, "identities", compactText(identitiesOf(...literalsOf(reader))));
}

/** SQL that names `granted`. */
const withGranted = (reader: string, part: Sql): Sql =>
  naming(withIdentities(reader, part), "granted", compactText(grantedTo()));

const GRANTS_OF_ROW = "x_grant WHERE f_resource_identifier = v.identifier";

/**
 * Condition on a row `v` of `resources`: a live grant opens it to the reader. Others decide how many
 * grants a row has, and how many groups and projects the reader belongs to: the fewer of these are
 * gone through.
 */
const IS_GRANTED = `CASE
  WHEN EXISTS (SELECT 1 FROM ${GRANTS_OF_ROW} LIMIT 1 OFFSET (SELECT n FROM identities_size))
  THEN EXISTS (SELECT 1 FROM identities e CROSS JOIN ${GRANTS_OF_ROW}
    AND f_grantee_id = e.id AND f_grantee_type = e.type)
  ELSE EXISTS (SELECT 1 FROM ${GRANTS_OF_ROW}
    AND (+f_grantee_id, +f_grantee_type) IN identities) END`;

/**
 * Holds when a live grant opens a row to the reader, or a walk up from it comes to something that the
 * reader owns or has a grant on. It ends at the first one, and is as long as the tree is deep, which has
 * a limit.
 *
 * @param rid SQL of the rid of the row; NULL for none.
 * @param parent SQL of the rid of what the walk goes on to; may be NULL.
 */
const leadsToOpen = (reader: string, rid: string, parent: Sql): Sql => {
  const me = literal(reader);
  const steps = TABLES.map(
    (table) => `SELECT w.rid, w.parent, w.owner IS ${me}, 1
      FROM up CROSS JOIN ${table} w ON w.rid = up.next WHERE NOT up.own`,
  );
  // A table in FROM adds little to the depth of the statement, which has a limit. What is the reader's
  // own is not looked up.
  const open = sql`EXISTS (WITH RECURSIVE up(rid, next, own, above) AS (
    SELECT ${raw(rid)}, ${parent}, 0, 0 UNION ${raw(steps.join(" UNION "))}) SELECT 1 FROM (
      SELECT 1 FROM up LEFT JOIN resources v ON v.rid = CASE WHEN up.own THEN NULL ELSE up.rid END
      WHERE up.own
        OR ${raw(IS_GRANTED)} OR up.above AND up.rid IN instruments))`;
  return withIdentities(reader, compact(open));
};

/**
 * SQL that names `some_granted`, the first of `granted`, and `granted_size(few)`. They are found once for
 * a statement: to find none takes as many look-ups as the reader has groups.
 */
function withSomeGranted(reader: string, part: Sql): Sql {
  const size = `some_granted(rid, below) AS MATERIALIZED (
      SELECT rid, below FROM granted LIMIT ${ENUMERATED_MAX + 1}),
    granted_size(few) AS MATERIALIZED (SELECT count(*) <= ${ENUMERATED_MAX} FROM some_granted)`;
  return naming(withGranted(reader, part), "granted_size", compactText(size));
}

/**
 * Holds when the reader sees the restricted resource with this rid: it owns it or something above it,
 * or a grant opens one of these. The walk is as long as the tree is deep, which has a limit.
 */
export function mayOpen(reader: string, rid: string): Sql {
  return compact(sql`EXISTS (SELECT 1 FROM restricted q WHERE q.rid = ${raw(rid)} AND (
    q.owner = ${raw(literal(reader))} OR ${leadsToOpen(reader, "q.rid", raw("q.parent"))}))`);
}

/** Expression: 1 when there may be something restricted that the reader sees. */
export function hasAccess(reader: string): Sql {
  const owned = TABLES.map(
    (table) => `SELECT 1 FROM ${table} o WHERE o.owner = ${literal(reader)}`,
  );
  const ways = [...owned, "SELECT 1 FROM granted g"].map((rows) => `EXISTS (${rows})`);
  return withGranted(reader, raw(`(${ways.join(" OR ")})`));
}

/**
 * Condition on a resource: everything below it is open to the reader.
 *
 * @param rid SQL of its rid.
 */
export function opensAll(reader: string, rid: Sql): Sql {
  return leadsToOpen(reader, "NULL", rid);
}

/**
 * A value where everything below a resource is open to the reader, else NULL. What is compared with it
 * is looked up once: a condition by itself SQLite would ask of each row.
 */
export function whereOpen(reader: string, rid: Sql, value: Sql): Sql {
  return sql`CASE WHEN ${opensAll(reader, rid)} THEN ${value} END`;
}

/**
 * Rids of the restricted children of a resource that are the reader's own, or granted to it
 * themselves. They are found from its grants where these are few, and among the children where not.
 *
 * @param parent SQL of the rid of the resource; NULL for the roots.
 */
export function ownChildren(reader: string, parent: string): Sql {
  const isChild = parent === "NULL" ? "k.parent IS NULL" : `k.parent = ${parent}`;
  const rows = `SELECT k.rid FROM restricted k WHERE ${isChild} AND k.owner = ${literal(reader)}
    UNION ALL SELECT rid FROM (SELECT k.rid FROM some_granted g CROSS JOIN restricted k ON k.rid = g.rid
      WHERE +g.below = 0 AND ${isChild} LIMIT (SELECT CASE WHEN few THEN -1 ELSE 0 END FROM granted_size))
    UNION ALL SELECT rid FROM (SELECT k.rid FROM restricted k WHERE ${isChild}
      AND EXISTS (SELECT 1 FROM resources v WHERE v.rid = k.rid AND ${IS_GRANTED})
      LIMIT (SELECT CASE WHEN few THEN 0 ELSE -1 END FROM granted_size))`;
  return withSomeGranted(reader, raw(compactText(rows)));
}

/** Rids of the restricted children of a resource that the reader sees. */
export function restrictedChildren(reader: string, parent: string): Sql {
  return parent === "NULL"
    ? ownChildren(reader, parent)
    : sql`SELECT k.rid FROM restricted k
        WHERE k.parent = ${whereOpen(reader, raw(parent), raw(parent))}
        UNION ALL ${ownChildren(reader, parent)}`;
}

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
export function withAccessible(reader: string, part: string): Sql {
  return named(reader, part, "accessible", relationOf(reader, "accessible", null));
}

/**
 * The same with `some_accessible(rid)`, as far as they are few, with `accessible_names(identifier)` of
 * those that are restricted, and with `accessible_size(few)`.
 */
export function withFewAccessible(reader: string, part: string): Sql {
  const name = "some_accessible";
  const definition = `${relationOf(reader, name, ENUMERATED_MAX + 1)},
    accessible_size(few) AS MATERIALIZED (SELECT count(*) <= ${ENUMERATED_MAX} FROM ${name}),
    accessible_names(identifier) AS MATERIALIZED (SELECT r.identifier FROM ${name} a
      CROSS JOIN resources r ON r.rid = a.rid WHERE r.visibility = 2)`;
  return named(reader, part, name, definition);
}

/**
 * SQL that names `some_others(rid, is_zone)`: what is open to the reader beside its own rows, by grants
 * and below its own rows, as far as it is few, and `others_size(few)`. Of a restricted subtree that is
 * open as a whole there is the uppermost row alone, with `is_zone` 1. Some of the rows may be its own.
 */
export function withOthers(reader: string, part: string): Sql {
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
}
