/** The floor's statements, in the form of the product's. */

const children = (alias: string): string =>
  `(SELECT json_group_array(k.identifier ORDER BY k.rid) FROM (
    SELECT c.rid, c.identifier FROM resources c
    WHERE c.parent_identifier = ${alias}.identifier AND c.is_deleted = 0) k) AS children`;

const pastChildren = (alias: string): string =>
  `(SELECT json_group_array(k.identifier ORDER BY k.rid) FROM (
    SELECT c.rid, c.identifier FROM resources c
    WHERE c.parent_identifier = ${alias}.identifier AND c.tx_from <= (SELECT id FROM t)
      AND c.is_deleted = 0
    UNION ALL SELECT o.rid, o.identifier FROM history o
    WHERE o.parent_identifier = ${alias}.identifier AND o.tx_to > (SELECT id FROM t)
      AND o.tx_from <= (SELECT id FROM t) AND o.is_deleted = 0) k) AS children`;

const columns = (alias: string): string =>
  [
    "identifier",
    "payload_type",
    "schema_version",
    "version",
    "license",
    "access_level",
    "owner",
    "created_at",
    "updated_at",
    "is_deleted",
    "payload",
    "parent_identifier",
    "derived_from",
  ]
    .map((name) => `${alias}.${name}`)
    .join(", ");

const past = (alias: string): string =>
  `${alias}.tx_to > (SELECT id FROM t) AND ${alias}.tx_from <= (SELECT id FROM t)
    AND ${alias}.is_deleted = 0`;

/** ?1 identifier. */
export const READ_ONE = `SELECT ${columns("r")}, ${children("r")} FROM resources r
  WHERE r.identifier = ?1 AND r.is_deleted = 0`;

/** ?1 JSON array of identifiers. */
export const READ_MANY = `SELECT ${columns("r")}, ${children("r")} FROM json_each(?1) j
  CROSS JOIN resources r ON r.identifier = j.value WHERE r.is_deleted = 0`;

const snapshot = (instant: string): string =>
  `t(id) AS MATERIALIZED (SELECT max(id) FROM transactions WHERE recorded_at <= ${instant})`;

/** ?1 JSON array of identifiers, ?2 instant. */
export const READ_AS_OF = `WITH ${snapshot("?2")}
  SELECT ${columns("r")}, ${pastChildren("r")} FROM json_each(?1) j
    CROSS JOIN resources r ON r.identifier = j.value
    WHERE r.is_deleted = 0 AND r.tx_from <= (SELECT id FROM t)
  UNION ALL SELECT ${columns("h")}, ${pastChildren("h")} FROM json_each(?1) j
    CROSS JOIN history h ON h.identifier = j.value WHERE ${past("h")}`;

/** ?1 modality, ?2 limit. */
export const PAGE_BY_INDEX = `WITH page AS (
    SELECT x.rid, x.identifier, x.created_at FROM x_image x WHERE x.f_modality = ?1
    ORDER BY x.created_at DESC, x.identifier LIMIT ?2)
  SELECT ${columns("r")}, ${children("r")} FROM page p CROSS JOIN resources r ON r.rid = p.rid
  ORDER BY p.created_at DESC, p.identifier`;

/** ?1 body part, ?2 limit. */
export const PAGE_BY_JSON = `SELECT ${columns("r")}, ${children("r")} FROM resources r
  WHERE r.payload_type = 'image' AND r.is_deleted = 0
    AND r.payload->>'$.body_part_examined' = ?1
  ORDER BY r.created_at DESC, r.identifier LIMIT ?2`;

/** ?1 modality, ?2 limit, ?3 instant. */
export const PAGE_AS_OF = `WITH ${snapshot("?3")}, page AS MATERIALIZED (
    SELECT * FROM (
      SELECT * FROM (SELECT 0 AS past, x.rid AS ref, x.identifier, x.created_at FROM x_image x
        WHERE x.f_modality = ?1 AND x.tx_from <= (SELECT id FROM t)
        ORDER BY x.created_at DESC, x.identifier LIMIT ?2)
      UNION ALL
      SELECT * FROM (SELECT 1, h.hid, h.identifier, h.created_at FROM history h
        WHERE h.payload_type = 'image' AND ${past("h")} AND h.payload->>'$.modality' = ?1
        ORDER BY h.created_at DESC, h.identifier LIMIT ?2))
    ORDER BY created_at DESC, identifier LIMIT ?2)
  SELECT * FROM (
    SELECT ${columns("r")}, ${pastChildren("r")} FROM page p
      CROSS JOIN resources r ON r.rid = p.ref WHERE p.past = 0
    UNION ALL SELECT ${columns("h")}, ${pastChildren("h")} FROM page p
      CROSS JOIN history h ON h.hid = p.ref WHERE p.past = 1)
  ORDER BY created_at DESC, identifier`;

/** ?1 view position. */
export const COUNT_BY_JSON = `SELECT count(*) AS count FROM resources r
  WHERE r.payload_type = 'image' AND r.is_deleted = 0 AND r.payload->>'$.view_position' = ?1`;

/** ?1 identifier. */
export const PARENTS = `WITH RECURSIVE up(identifier, parent, distance) AS (
    SELECT r.identifier, r.parent_identifier, 0 FROM resources r
      WHERE r.identifier = ?1 AND r.is_deleted = 0
    UNION ALL SELECT p.identifier, p.parent_identifier, up.distance + 1
      FROM up CROSS JOIN resources p ON p.identifier = up.parent WHERE p.is_deleted = 0)
  SELECT identifier FROM up WHERE distance > 0 ORDER BY distance`;

/** ?1 identifier of the parent, ?2 of the child before the page, ?3 limit. */
export const CHILDREN = `WITH page AS MATERIALIZED (
    SELECT r.rid, r.identifier, r.payload_type FROM resources r
    WHERE r.parent_identifier = ?1 AND r.is_deleted = 0
      AND r.rid > (SELECT a.rid FROM resources a WHERE a.identifier = ?2)
    ORDER BY r.rid LIMIT ?3)
  SELECT p.identifier, p.payload_type,
    (SELECT count(*) FROM resources c
      WHERE c.parent_identifier = p.identifier AND c.is_deleted = 0) AS children,
    (WITH RECURSIVE down(identifier) AS (
        SELECT p.identifier
        UNION ALL SELECT c.identifier FROM down CROSS JOIN resources c
          ON c.parent_identifier = down.identifier WHERE c.is_deleted = 0)
      SELECT count(*) - 1 FROM down) AS descendants
  FROM page p ORDER BY p.rid`;

/** ?1 instant, ?2 JSON array of [identifier, type, parent, license, payload text]. */
export const CREATE = `INSERT INTO bare
    (identifier, payload_type, parent_identifier, license, created_at, payload)
  SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3, ?1, j.value->>4
  FROM json_each(?2) j`;

/** ?1 identifier. */
export const READ_BARE = "SELECT payload FROM bare WHERE identifier = ?1";

/** ?1 instant, ?2 number of resources. */
export const ADD_TRANSACTION = `INSERT INTO transactions (recorded_at, principal, surface,
    operation, request_id, resources, first_rid, created, changed)
  SELECT max(?1, max(recorded_at) + 1), 'floor', 'floor', 'update', 'floor', ?2, 0, 0, '[]'
  FROM transactions`;

const VERSION = `rid, identifier, payload_type, schema_version, version, parent_identifier,
  derived_from, license, access_level, owner, created_at, updated_at, tx_from, is_deleted, payload`;

const TX = "(SELECT max(id) FROM transactions)";

/** ?1 JSON array of identifiers. */
export const SUPERSEDE = `INSERT INTO history (${VERSION}, tx_to)
  SELECT ${VERSION.split(", ")
    .map((name) => `r.${name.trim()}`)
    .join(", ")}, ${TX}
  FROM json_each(?1) j CROSS JOIN resources r ON r.identifier = j.value`;

/** ?1 JSON array of [identifier, members that change]. */
export const REPLACE = `INSERT INTO resources (${VERSION})
  SELECT r.rid, r.identifier, r.payload_type, r.schema_version, r.version + 1,
    r.parent_identifier, r.derived_from, r.license, r.access_level, r.owner, r.created_at,
    (SELECT max(recorded_at) FROM transactions), ${TX}, r.is_deleted,
    json_patch(r.payload, j.value->1)
  FROM json_each(?1) j CROSS JOIN resources r ON r.identifier = j.value->>0 WHERE true
  ON CONFLICT (rid) DO UPDATE SET version = excluded.version, updated_at = excluded.updated_at,
    tx_from = excluded.tx_from, payload = excluded.payload`;

const MEMBERS: readonly (readonly [string, "->" | "->>"])[] = [
  ["modality", "->>"],
  ["body_part_examined", "->>"],
  ["view_position", "->>"],
  ["patient_age_years", "->>"],
  ["finding_labels", "->"],
  ["patient_sex", "->>"],
  ["follow_up_number", "->>"],
  ["rows", "->>"],
  ["columns", "->>"],
  ["pixel_spacing_mm", "->"],
  ["bits_allocated", "->>"],
  ["manufacturer", "->>"],
  ["s3_path", "->>"],
  ["file_name", "->>"],
  ["content_type", "->>"],
  ["size_bytes", "->>"],
  ["sha256", "->>"],
];

/** ?1 JSON array of identifiers. */
export const PROJECT = `INSERT OR REPLACE INTO x_image (rid, identifier, created_at, tx_from,
    ${MEMBERS.map(([name]) => `f_${name}`).join(", ")})
  SELECT r.rid, r.identifier, r.created_at, r.tx_from,
    ${MEMBERS.map(([name, arrow]) => `r.payload${arrow}'$.${name}'`).join(", ")}
  FROM json_each(?1) j CROSS JOIN resources r ON r.identifier = j.value`;

/** ?1 scope, ?2 JSON array of digests. */
export const FIND_ALLOCATIONS = `SELECT a.digest, a.identifier FROM json_each(?2) j
  CROSS JOIN allocations a ON a.scope = ?1 AND a.digest = j.value`;

const FIRST_NUMBER = "(SELECT coalesce(max(number), 0) + 1 FROM allocations WHERE scope = ?1)";

/** ?1 scope, ?2 instant, ?3 JSON array of digests. */
export const ADD_PATIENTS = `INSERT INTO resources (identifier, payload_type, schema_version,
    version, parent_identifier, access_level, owner, created_at, updated_at, tx_from, is_deleted,
    payload)
  SELECT ?1 || printf('.P%06d', ${FIRST_NUMBER} + j.key), 'patient', '1.0.0', 1, ?1, 'internal',
    'floor', ?2, ?2, ${TX}, 0, '{}' FROM json_each(?3) j`;

/** ?1 scope, ?2 JSON array of digests. */
export const ADD_ALLOCATIONS = `INSERT INTO allocations (scope, number, digest, identifier)
  SELECT ?1, n.first + j.key, j.value, ?1 || printf('.P%06d', n.first + j.key)
  FROM (SELECT ${FIRST_NUMBER} AS first) n CROSS JOIN json_each(?2) j`;
