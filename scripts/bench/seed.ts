/** Writes the data as a SQLite file: the product's own migrations, filled like its writes would. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { BUILTIN_TYPES } from "../../src/schema/registry.ts";
import { readMigrations, RECORD_MIGRATION, RECORD_TABLE } from "../../src/server/migrations.ts";
import { projectRows } from "../../src/store/projection/table.ts";
import type { Sql } from "../../src/store/sql/template.ts";
import { projectRoot } from "../support/project.ts";
import {
  type CohortSize,
  DATASOURCE,
  imageAt,
  imageIdentifier,
  imagePayload,
  lastTransaction,
  momentOf,
  patientIdentifier,
  patientOf,
  transactionAt,
  UPDATES_PER_TRANSACTION,
  versionTransactions,
} from "./cohort.ts";

/** A user in the data. */
export interface SeedUser {
  /** A UUID. */
  readonly id: string;
  readonly email: string;
  readonly role: "admin" | "editor" | "user";
}

const COLUMNS = `rid, identifier, payload_type, schema_version, version, parent_identifier,
  derived_from, license, access_level, owner, created_at, updated_at, tx_from, is_deleted, payload`;

/** Users who see rows of the access level internal. */
const VISIBILITY = 1;

// The first row is the datasource, then the patients, then the images.
const FIRST_PATIENT_RID = 2;

const migrate = (database: DatabaseSync): void => {
  database.exec(RECORD_TABLE);
  const record = database.prepare(RECORD_MIGRATION);
  for (const { name, sql } of readMigrations(join(projectRoot, "migrations"))) {
    database.exec(sql);
    record.run(name);
  }
};

/**
 * Drops the indexes, and returns the statements that create them again: filling is several times
 * faster without.
 */
const dropIndexes = (database: DatabaseSync): (() => void) => {
  const indexes = database
    .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    .all() as { name: string; sql: string }[];
  for (const { name } of indexes) database.exec(`DROP INDEX "${name}"`);
  return () => {
    for (const { sql } of indexes) database.exec(sql);
  };
};

const insertUsers = (database: DatabaseSync, users: readonly SeedUser[]): void => {
  const insert = database.prepare("INSERT INTO users VALUES (?, ?, ?, 'none', ?, 1, 1, ?, NULL)");
  for (const { id, email, role } of users) {
    insert.run(id, email, email, role, momentOf(0).recordedAt);
  }
};

const insertTransactions = (database: DatabaseSync, size: CohortSize, owner: string): void => {
  const insert = database.prepare(
    `INSERT INTO transactions (id, recorded_at, principal, surface, operation, request_id, resources,
        first_rid, created, changed)
      VALUES (?, ?, ?, 'catalogue', ?, ?, ?, ?, ?, ?)`,
  );
  const firstImageRid = FIRST_PATIENT_RID + size.patients;
  const add = (id: number, operation: string, created: number, first: number, changed: number[]) =>
    insert.run(
      id,
      momentOf(id).recordedAt,
      owner,
      operation,
      `seed-${id}`,
      created + changed.length,
      first,
      created,
      JSON.stringify(changed),
    );
  add(1, "create", 1, 1, []);
  add(2, "create", size.patients, FIRST_PATIENT_RID, []);
  const each = UPDATES_PER_TRANSACTION;
  for (let round = 0; round < size.versionsEach; round += 1) {
    for (let start = 0; start < size.images; start += each) {
      const id = transactionAt(size, round, start);
      const rids = Array.from(
        { length: each },
        (_, offset) => firstImageRid + imageAt(size, round, start + offset),
      );
      const [first = 0] = rids;
      if (round === 0) add(id, "create", each, first, []);
      else add(id, "update", 0, firstImageRid + size.images, rids);
    }
  }
};

const insertParents = (database: DatabaseSync, size: CohortSize, owner: string): void => {
  const insert = database.prepare(
    `INSERT INTO resources (${COLUMNS}, visibility)
      VALUES (?, ?, ?, '1.0.0', 1, ?, NULL, NULL, 'internal', ?, ?, ?, ?, 0, ?, ${VISIBILITY})`,
  );
  const add = (rid: number, name: string, type: string, parent: string | null, id: number) => {
    const { recordedAt } = momentOf(id);
    const payload = JSON.stringify(type === "patient" ? { patient_sex: "F" } : { name });
    insert.run(rid, name, type, parent, owner, recordedAt, recordedAt, id, payload);
  };
  add(1, DATASOURCE, "datasource", null, 1);
  for (let number = 0; number < size.patients; number += 1) {
    add(FIRST_PATIENT_RID + number, patientIdentifier(number), "patient", DATASOURCE, 2);
  }
};

const insertImages = (database: DatabaseSync, size: CohortSize, owner: string): void => {
  const transactions = versionTransactions(size);
  const values = "?, ?, 'image', '1.0.0', ?, ?, NULL, 'CC0-1.0', 'internal', ?, ?, ?, ?, 0, ?";
  const current = database.prepare(
    `INSERT INTO resources (${COLUMNS}, visibility) VALUES (${values}, ${VISIBILITY})`,
  );
  const past = database.prepare(`INSERT INTO history (${COLUMNS}, tx_to) VALUES (${values}, ?)`);
  const firstRid = FIRST_PATIENT_RID + size.patients;
  const rowOf = (number: number, version: number) => {
    const id = transactions[version - 1]?.[number] ?? 0;
    const createdAt = momentOf(transactions[0]?.[number] ?? 0).recordedAt;
    const parent = patientIdentifier(patientOf(size, number));
    const payload = JSON.stringify(imagePayload(number, version));
    const { recordedAt } = momentOf(id);
    const head = [firstRid + number, imageIdentifier(number), version, parent, owner] as const;
    return [...head, createdAt, recordedAt, id, payload] as const;
  };
  for (let number = 0; number < size.images; number += 1) {
    current.run(...rowOf(number, size.versionsEach));
  }
  // In the order in which updates would have superseded them.
  for (let round = 1; round < size.versionsEach; round += 1) {
    for (let position = 0; position < size.images; position += 1) {
      const number = imageAt(size, round, position);
      past.run(...rowOf(number, round), transactionAt(size, round, position));
    }
  }
};

const run = (database: DatabaseSync, { text, params }: Sql): void => {
  database.prepare(text).run(...params);
};

const project = (database: DatabaseSync): void => {
  for (const name of ["datasource", "patient", "image"]) {
    const type = BUILTIN_TYPES.get(name);
    if (type === undefined) throw new Error(`There is no payload type ${name}.`);
    const members = database
      .prepare(
        `SELECT DISTINCT j.key AS name FROM resources r, json_each(r.payload) j
          WHERE r.rid IN (SELECT rid FROM resources WHERE payload_type = ? LIMIT 10)`,
      )
      .all(name) as { name: string }[];
    const present = new Set(members.map((member) => member.name));
    const source = {
      text: "FROM resources r WHERE r.payload_type = ? AND r.is_deleted = 0",
      params: [name],
    };
    run(database, projectRows(type, present, source));
  }
};

/**
 * Writes the database file. Reads return what they would after the product's own writes; the
 * benchmark checks responses of the product against the generator before it measures anything.
 */
export const writeSeed = (file: string, size: CohortSize, users: readonly SeedUser[]): void => {
  const owner = `user:${users[0]?.id}`;
  const database = new DatabaseSync(file);
  try {
    database.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
    migrate(database);
    const putIndexesBack = dropIndexes(database);
    database.exec("BEGIN");
    insertUsers(database, users);
    insertTransactions(database, size, owner);
    insertParents(database, size, owner);
    insertImages(database, size, owner);
    project(database);
    putIndexesBack();
    database.exec("COMMIT");
    const { last } = database.prepare("SELECT max(id) AS last FROM transactions").get() as {
      last: number;
    };
    if (last !== lastTransaction(size)) throw new Error("The seed's transactions are not dense.");
  } finally {
    database.close();
  }
};

/** Adds to the floor's copy of the data the bare table that its create writes into. */
export const addBareTable = (file: string): void => {
  const database = new DatabaseSync(file);
  try {
    database.exec(`CREATE TABLE bare (
      rid INTEGER PRIMARY KEY, identifier TEXT NOT NULL UNIQUE, payload_type TEXT NOT NULL,
      parent_identifier TEXT, license TEXT, created_at INTEGER NOT NULL, payload TEXT NOT NULL
    ) STRICT`);
  } finally {
    database.close();
  }
};
