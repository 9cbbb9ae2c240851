import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { brokenInvariants, integrityErrors } from "../../../src/server/invariants.ts";
import { readMigrations } from "../../../src/server/migrations.ts";
import { ROOT } from "../docs/markdown.ts";

const migrated = (): DatabaseSync => {
  const database = new DatabaseSync(":memory:");
  for (const { sql } of readMigrations(join(ROOT, "migrations"))) database.exec(sql);
  // The invalid rows are those that triggers would reject.
  const triggers = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all();
  for (const { name } of triggers) database.exec(`DROP TRIGGER "${String(name)}"`);
  return database;
};

const COMMON = `'1.0.0', NULL, NULL, NULL, 'internal', 'user:a', 1, 1`;

/** A resource with two versions, of two transactions. */
const filled = (): DatabaseSync => {
  const database = migrated();
  database.exec(`
    INSERT INTO transactions (id, recorded_at, principal, surface, operation, request_id, resources,
      first_rid, created, changed, route) VALUES
      (1, 10, 'user:a', 'catalogue', 'create', 'r', 1, 1, 1, '[]', ''),
      (2, 20, 'user:a', 'catalogue', 'update', 's', 1, 2, 0, '[1]', '');
    INSERT INTO resources (rid, identifier, payload_type, schema_version, parent_identifier,
      derived_from, license, access_level, owner, created_at, updated_at, version, tx_from, is_deleted,
      payload, visibility) VALUES (1, 'a', 'note', ${COMMON}, 2, 2, 0, '{}', 1);
    INSERT INTO history (hid, rid, identifier, payload_type, schema_version, parent_identifier,
      derived_from, license, access_level, owner, created_at, updated_at, version, tx_from, is_deleted,
      payload, tx_to) VALUES (1, 1, 'a', 'note', ${COMMON}, 1, 1, 0, '{}', 2);`);
  return database;
};

describe("the invariants of the database", () => {
  it("hold in an empty database and in one with a history", () => {
    expect(brokenInvariants(migrated())).toEqual([]);
    expect(brokenInvariants(filled())).toEqual([]);
    expect(integrityErrors(filled())).toEqual([]);
  });

  it.each([
    ["DELETE FROM history", "gaps between versions"],
    ["UPDATE history SET tx_to = 3", "versions without transaction"],
    ["UPDATE history SET tx_from = 0, rid = 2", "do not end where the next begins"],
    ["UPDATE history SET version = 2", "do not end where the next begins"],
    ["UPDATE resources SET tx_from = 1", "do not end where the next begins"],
    ["UPDATE transactions SET recorded_at = 30 WHERE id = 1", "instants do not follow"],
    ["UPDATE transactions SET changed = '[]' WHERE id = 2", "less than they say"],
    ["DELETE FROM transactions WHERE id = 2", "versions without transaction"],
    ["INSERT INTO guard (stale) VALUES (0)", "preconditions left over"],
    ["UPDATE resources SET payload_type = 'dataset'", "live rows of dataset"],
  ])("do not hold after %s", (sql, what) => {
    const database = filled();
    database.exec(sql);
    expect(brokenInvariants(database).join("; ")).toContain(what);
  });
});

it("the folder's migrations are all read", () => {
  const folder = join(ROOT, "migrations");
  const names = readdirSync(folder).filter((name) => name.endsWith(".sql"));
  const found = readMigrations(folder);
  expect(found.map(({ name }) => name)).toEqual(names.toSorted());
  expect(found[0]?.sql).toBe(readFileSync(join(folder, found[0]?.name ?? ""), "utf8"));
});
