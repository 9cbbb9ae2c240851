/**
 * Who may see a restricted resource: the owner of it or of an ancestor, and the grantee of a live grant
 * on one of these. It is decided with the tables `restricted` and `restricted_above`, which hold the
 * restricted resources and all their ancestors.
 */
import { naming, raw, sql, type Sql } from "../sql/template.ts";

/**
 * An id or name of the product as an SQL literal. It occurs in a statement dozens of times, and there
 * are only 100 parameters; a checked format makes a literal safe.
 */
export function literal(text: string): string {
  if (!/^[\w:*.@+~=-]+$/.test(text)) throw new Error("An id or name has an unexpected format.");
  return `'${text}'`;
}

const compactText = (text: string): string => text.replaceAll(/\s+/g, " ");

/** A part without the whitespace of its layout, because it occurs in a statement dozens of times. */
const compact = (part: Sql): Sql => ({ ...part, text: compactText(part.text) });

/** The number of rows that are enumerated. When there are more, each restricted row is tested instead. */
const ENUMERATED_MAX = 500;

/** The tables of restricted resources and of their ancestors. */
const TABLES = ["restricted", "restricted_above"] as const;

/**
 * The relation `identities(id, type)` of a reader: the grantees that include it. These are the reader
 * itself, its live groups and projects, and the live projects of its live groups.
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
 * The relation `granted(rid, below)` of a reader: the rows that live grants open to it. `below` is 1
 * for an instrument that it has access to: then the descendants are open, but not the row itself.
 * Other users decide how many rows there are, so a statement has to limit them.
 */
function grantedTo(): string {
  return `granted(rid, below) AS NOT MATERIALIZED (
    SELECT r.rid, 0 FROM identities e
      CROSS JOIN x_grant g ON g."f_grantee_id" = e.id AND g."f_grantee_type" = e.type
      CROSS JOIN resources r ON r.identifier = g."f_resource_identifier"
    UNION ALL SELECT rid, 1 FROM instruments)`;
}

/** The relation `instruments(rid)` of a reader: the instruments that an admin gave it access to. */
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

/** Adds the relations `identities`, `identities_size(n)` and `instruments` to a part. */
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

/** Adds the relation `granted` to a part. */
const withGranted = (reader: string, part: Sql): Sql =>
  naming(withIdentities(reader, part), "granted", compactText(grantedTo()));

const GRANTS_OF_ROW = "x_grant WHERE f_resource_identifier = v.identifier";

/**
 * Condition on a row `v` of `resources`: a live grant opens it to the reader. Other users decide how
 * many grants a row has, and how many groups and projects the reader belongs to; the smaller of the
 * two sets is scanned.
 */
const IS_GRANTED = `CASE
  WHEN EXISTS (SELECT 1 FROM ${GRANTS_OF_ROW} LIMIT 1 OFFSET (SELECT n FROM identities_size))
  THEN EXISTS (SELECT 1 FROM identities e CROSS JOIN ${GRANTS_OF_ROW}
    AND f_grantee_id = e.id AND f_grantee_type = e.type)
  ELSE EXISTS (SELECT 1 FROM ${GRANTS_OF_ROW}
    AND (+f_grantee_id, +f_grantee_type) IN identities) END`;

/**
 * Condition: a live grant opens a row to the reader, or an ancestor is owned by the reader or granted
 * to it. The walk up ends at the first such ancestor. The depth of the tree is limited.
 *
 * @param rid SQL of the rid of the row; NULL for none.
 * @param parent SQL of the rid where the walk up starts; may be NULL.
 */
const leadsToOpen = (reader: string, rid: string, parent: Sql): Sql => {
  const me = literal(reader);
  const steps = TABLES.map(
    (table) => `SELECT w.rid, w.parent, w.owner IS ${me}, 1
      FROM up CROSS JOIN ${table} w ON w.rid = up.next WHERE NOT up.own`,
  );
  // A table in FROM adds little to the depth of the expression, which is limited. Rows that the reader
  // owns are not looked up.
  const open = sql`EXISTS (WITH RECURSIVE up(rid, next, own, above) AS (
    SELECT ${raw(rid)}, ${parent}, 0, 0 UNION ${raw(steps.join(" UNION "))}) SELECT 1 FROM (
      SELECT 1 FROM up LEFT JOIN resources v ON v.rid = CASE WHEN up.own THEN NULL ELSE up.rid END
      WHERE up.own
        OR ${raw(IS_GRANTED)} OR up.above AND up.rid IN instruments))`;
  return withIdentities(reader, compact(open));
};

/**
 * Adds the relations `some_granted`, the first rows of `granted`, and `granted_size(few)` to a part.
 * They are materialized once per statement: even an empty result takes one lookup per group.
 */
function withSomeGranted(reader: string, part: Sql): Sql {
  const size = `some_granted(rid, below) AS MATERIALIZED (
      SELECT rid, below FROM granted LIMIT ${ENUMERATED_MAX + 1}),
    granted_size(few) AS MATERIALIZED (SELECT count(*) <= ${ENUMERATED_MAX} FROM some_granted)`;
  return naming(withGranted(reader, part), "granted_size", compactText(size));
}

/**
 * Condition: the reader may see the restricted resource with this rid. It owns the resource or an
 * ancestor, or a grant opens one of these. The depth of the walk is limited.
 */
export function mayOpen(reader: string, rid: string): Sql {
  return compact(sql`EXISTS (SELECT 1 FROM restricted q WHERE q.rid = ${raw(rid)} AND (
    q.owner = ${raw(literal(reader))} OR ${leadsToOpen(reader, "q.rid", raw("q.parent"))}))`);
}

/** Expression: 1 when there may be restricted resources that the reader may see. */
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
 * A value if everything below a resource is open to the reader, else NULL. Compared with a column, it
 * is evaluated once; a separate condition would be evaluated for each row.
 */
export function whereOpen(reader: string, rid: Sql, value: Sql): Sql {
  return sql`CASE WHEN ${opensAll(reader, rid)} THEN ${value} END`;
}

/**
 * Rids of the restricted children of a resource that the reader owns or has a grant on. They are found
 * from its grants when these are few, else by testing the children.
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

/** Rids of the restricted children of a resource that the reader may see. */
export function restrictedChildren(reader: string, parent: string): Sql {
  return parent === "NULL"
    ? ownChildren(reader, parent)
    : sql`SELECT k.rid FROM restricted k
        WHERE k.parent = ${whereOpen(reader, raw(parent), raw(parent))}
        UNION ALL ${ownChildren(reader, parent)}`;
}

/** The parts of the relations of rows that are open to a reader. */
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
 * The relation of the restricted resources that the reader may see, and of unrestricted ones below
 * something that it owns or was granted. It is computed down the tree from what the reader owns and was
 * granted, so that hidden rows are not read.
 *
 * @param most the number of rows after which it stops and only means that there are many; null: all.
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
  // Newest first: children are mostly newer than their parents, so the queue of the recursion stays short.
  const end = most === null ? "" : ` ORDER BY 1 DESC${limit}`;
  return `${name}_points(rid) AS MATERIALIZED (${points.map(first).join(" UNION ALL ")}),
    ${name}(rid) AS MATERIALIZED (SELECT rid FROM ${name}_points UNION ${steps.join(" UNION ")}${end})`;
};

const named = (reader: string, part: string, name: string, definition: string): Sql =>
  naming(withGranted(reader, raw(part)), name, definition);

/** Adds the relation `accessible(rid)` to a part: see `relationOf`, without a limit. */
export function withAccessible(reader: string, part: string): Sql {
  return named(reader, part, "accessible", relationOf(reader, "accessible", null));
}

/**
 * Adds the relations `some_accessible(rid)`, complete if they are few, `accessible_names(identifier)`
 * of the restricted ones, and `accessible_size(few)` to a part.
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
 * Adds the relations `some_others(rid, is_zone)` and `others_size(few)` to a part: the rows of other
 * owners that are open to the reader by grants or below its own rows, complete if they are few. A
 * restricted subtree that is fully open is represented by its root, with `is_zone` 1. Some of the rows
 * may belong to the reader.
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
