/** Checks the invariants of the database (docs/storage.md) in its file. */
import type { DatabaseSync } from "node:sqlite";

/** An invariant, and a query that counts violations. */
type Invariant = readonly [what: string, sql: string];

const VERSIONS = `SELECT rid, identifier, version, tx_from, tx_to FROM history
  UNION ALL SELECT rid, identifier, version, tx_from, NULL FROM resources`;

const INVARIANTS: readonly Invariant[] = [
  ["preconditions left over", "SELECT count(*) FROM guard"],
  [
    "versions without transaction",
    `SELECT count(*) FROM (${VERSIONS}) v WHERE v.tx_from NOT IN (SELECT id FROM transactions)
      OR (v.tx_to IS NOT NULL AND v.tx_to NOT IN (SELECT id FROM transactions))`,
  ],
  [
    "gaps between versions",
    `SELECT count(*) FROM resources r WHERE r.version <>
      1 + (SELECT count(*) FROM history h WHERE h.identifier = r.identifier)`,
  ],
  [
    "versions that do not end where the next begins",
    `SELECT count(*) FROM (SELECT rid, version, tx_from, tx_to,
        lead(rid) OVER chain AS next_rid, lead(version) OVER chain AS next_version,
        lead(tx_from) OVER chain AS next_from FROM (${VERSIONS})
        WINDOW chain AS (PARTITION BY identifier ORDER BY version)) v
      WHERE (v.tx_to IS NOT v.next_from) OR v.tx_to <= v.tx_from
        OR v.next_rid <> v.rid OR v.next_version <> v.version + 1`,
  ],
  [
    "transactions whose instants do not follow their order",
    `SELECT count(*) FROM (SELECT recorded_at, lag(recorded_at) OVER (ORDER BY id) AS before
      FROM transactions) WHERE recorded_at <= before`,
  ],
  [
    "registrations without resource",
    "SELECT count(*) FROM allocations WHERE identifier NOT IN (SELECT identifier FROM resources)",
  ],
  [
    "transactions that are less than they say",
    `SELECT count(*) FROM transactions t WHERE t.resources <>
      t.created + json_array_length(t.changed) OR t.created <>
      (SELECT count(*) FROM resources r WHERE r.rid >= t.first_rid AND r.rid < t.first_rid + t.created)`,
  ],
];

const countOf = (database: DatabaseSync, sql: string): number =>
  Number(Object.values(database.prepare(sql).get() ?? {})[0]);

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const typesOf = (database: DatabaseSync): readonly string[] =>
  database
    .prepare(
      `SELECT DISTINCT r.payload_type AS name FROM resources r
       JOIN sqlite_schema s ON s.type = 'table' AND s.name = 'x_' || r.payload_type ORDER BY 1`,
    )
    .all()
    .map((row) => String(row["name"]));

const strayRows = (database: DatabaseSync, type: string): number =>
  countOf(
    database,
    `SELECT (SELECT count(*) FROM resources r WHERE r.is_deleted = 0
        AND r.payload_type = '${type.replaceAll("'", "''")}'
        AND r.identifier NOT IN (SELECT identifier FROM ${quoted(`x_${type}`)}))
      + (SELECT count(*) FROM ${quoted(`x_${type}`)} x LEFT JOIN resources r
        ON r.identifier = x.identifier WHERE r.is_deleted IS NOT 0)`,
  );

/** The violated invariants of a database, with their counts; none for a sound one. */
export function brokenInvariants(database: DatabaseSync): readonly string[] {
  const broken = INVARIANTS.flatMap(([what, sql]) => {
    const count = countOf(database, sql);
    return count === 0 ? [] : [`${what}: ${count}`];
  });
  const stray = typesOf(database).flatMap((type) => {
    const count = strayRows(database, type);
    return count === 0 ? [] : [`live rows of ${type} without projection, or the reverse: ${count}`];
  });
  return [...broken, ...stray];
}

/** The errors that SQLite finds in a file; none for a sound one. */
export function integrityErrors(database: DatabaseSync): readonly string[] {
  const found = database.prepare("PRAGMA integrity_check(20)").all();
  const texts = found.map((row) => String(Object.values(row)[0]));
  return texts.length === 1 && texts[0] === "ok" ? [] : texts.map((text) => `integrity: ${text}`);
}
