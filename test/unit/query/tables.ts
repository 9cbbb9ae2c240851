// The sample documents of test/support/generators/conditions.ts in SQLite, within D1's limits: as a typed
// projection with the documents joined, and as documents alone.
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import fc from "fast-check";
import type { JsonObject } from "../../../src/model/json.ts";
import type { Condition } from "../../../src/query/condition.ts";
import { matches, type ConditionRow } from "../../../src/query/matches.ts";
import { METADATA_COLUMNS, type MetadataColumn } from "../../../src/query/path.ts";
import { compileCondition } from "../../../src/store/compile/condition.ts";
import type { Scope } from "../../../src/store/compile/scope.ts";
import { raw, sql, type Sql } from "../../../src/store/sql/template.ts";
import { payloads, SAMPLE_FIELDS } from "../../support/generators/conditions.ts";

/** The limits of D1 that a statement can reach. */
const LIMITS = {
  sqlLength: 100_000,
  exprDepth: 100,
  variableNumber: 100,
  likePatternLength: 50,
  compoundSelect: 5,
  functionArg: 127,
  column: 100,
  vdbeOp: 25_000,
};

/** A database that refuses what D1 refuses. */
export const openDatabase = (): DatabaseSync => new DatabaseSync(":memory:", { limits: LIMITS });

/** A row with the accessors that `matches` needs. */
export interface SampleRow extends ConditionRow {
  readonly rid: number;
  readonly metadata: Readonly<Record<MetadataColumn, string | number | null>>;
}

/** Rows with these payloads; their metadata are derived from the position. */
export const rowsOf = (documents: readonly JsonObject[]): readonly SampleRow[] =>
  documents.map((payload, position) => {
    const metadata = {
      identifier: `r${position}`,
      payload_type: "sample",
      schema_version: "1.0.0",
      version: 1 + (position % 3),
      parent_identifier: position % 4 === 0 ? null : `r${position % 5}`,
      license: position % 3 === 0 ? null : "CC-BY-4.0",
      access_level: position % 2 === 0 ? "internal" : "public",
      owner: "user:1",
      created_at: 1_700_000_000_000_000 + (position % 7),
      updated_at: 1_700_000_000_000_000 + position,
    };
    return { rid: position + 1, metadata, column: (name) => metadata[name], payload };
  });

const SQL_TYPES = {
  string: "TEXT",
  integer: "INTEGER",
  number: "REAL",
  boolean: "INTEGER",
  date: "TEXT",
  datetime: "TEXT",
  list: "TEXT",
  json: "TEXT",
} as const;

const projected = SAMPLE_FIELDS.filter(({ column }) => column);

/** Paths over the projection `x`, with the documents joined as `r`. */
export const typedScope: Scope = {
  column: (name) => (name === "identifier" ? "x.identifier" : `r.${name}`),
  field: (name) => {
    const field = projected.find((each) => each.name === name);
    return field === undefined ? undefined : { sql: `x."f_${name}"`, kind: field.kind };
  },
  payload: "r.payload",
};

/** Paths over documents alone. */
export const documentScope: Scope = {
  column: (name) => `r.${name}`,
  field: () => undefined,
  payload: "r.payload",
};

/** FROM of a scope. */
export const sourceOf = (scope: Scope): Sql =>
  raw(scope === typedScope ? "x CROSS JOIN r ON r.rid = x.rid" : "r");

const SCHEMA = `
  CREATE TABLE r (rid INTEGER PRIMARY KEY, identifier TEXT, payload_type TEXT, schema_version TEXT,
    version INTEGER, parent_identifier TEXT, license TEXT, access_level TEXT, owner TEXT,
    created_at INTEGER, updated_at INTEGER, payload TEXT) STRICT;
  CREATE TABLE x (rid INTEGER PRIMARY KEY, identifier TEXT,
    ${projected.map(({ name, kind }) => `"f_${name}" ${SQL_TYPES[kind]}`).join(", ")}) STRICT;
  ${projected.map(({ name }) => `CREATE INDEX "x_${name}" ON x ("f_${name}", identifier);`).join("")}`;

/** Inserts rows into a database, and fills the projection like the store. */
export const fill = (database: DatabaseSync, rows: readonly SampleRow[]): void => {
  database.exec(SCHEMA);
  const insert = database.prepare(
    `INSERT INTO r (rid, ${METADATA_COLUMNS.join(", ")}, payload) VALUES (?${", ?".repeat(METADATA_COLUMNS.length + 1)})`,
  );
  for (const { rid, metadata, payload } of rows) {
    insert.run(rid, ...METADATA_COLUMNS.map((name) => metadata[name]), JSON.stringify(payload));
  }
  const columns = projected.map(({ name, kind }) => ({
    column: `"f_${name}"`,
    value: `payload ${kind === "list" || kind === "json" ? "->" : "->>"} '$."${name}"'`,
  }));
  database.exec(`INSERT INTO x (rid, identifier, ${columns.map(({ column }) => column).join(", ")})
    SELECT rid, identifier, ${columns.map(({ value }) => value).join(", ")} FROM r`);
};

/** Runs a statement. */
export const run = (
  database: DatabaseSync,
  { text, params }: Sql,
): readonly Readonly<Record<string, SQLOutputValue>>[] => database.prepare(text).all(...params);

/** A database with some random rows in it. */
export interface Sample {
  readonly database: DatabaseSync;
  readonly rows: readonly SampleRow[];
}

/** Databases with random documents; the same for the same seed. */
export const samples = (count: number, rowsEach: number, seed: number): readonly Sample[] =>
  Array.from({ length: count }, (_, position) => {
    const rows = rowsOf(fc.sample(payloads, { numRuns: rowsEach, seed: seed + position }));
    const database = openDatabase();
    fill(database, rows);
    return { database, rows };
  });

/** The rows that satisfy a condition by SQL and residual together. */
export const selected = (
  { database, rows }: Sample,
  condition: Condition,
  scope: Scope,
  copies: number,
): readonly number[] => {
  const { sql: where, residual } = compileCondition(condition, scope, copies);
  const found = run(database, sql`SELECT r.rid AS rid FROM ${sourceOf(scope)} WHERE ${where}`);
  const rids = new Set(found.map(({ rid }) => Number(rid)));
  return rows
    .filter((row) => rids.has(row.rid) && (residual === null || matches(residual, row)))
    .map(({ rid }) => rid);
};
