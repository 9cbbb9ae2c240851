import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";

const FOLDER = join(import.meta.dirname, "../../../migrations");
const COUNTING = "0014_quotas.sql";

test("the counters start with the rows of the database", () => {
  const database = new DatabaseSync(":memory:");
  const files = readdirSync(FOLDER).toSorted();
  const apply = (name: string): void => database.exec(readFileSync(join(FOLDER, name), "utf8"));
  for (const name of files.filter((each) => each < COUNTING)) apply(name);
  database.exec(`
    INSERT INTO idempotency VALUES ('user:a', 'k1', '', 'ää', 1), ('user:a', 'k2', '', '{}', 1),
      ('user:b', 'k1', '', '', 1);
    INSERT INTO uploads (path, principal, state, created_at, expires_at) VALUES
      ('1', 'user:a', 'promised', 1, 1), ('2', 'user:a', 'swept', 1, 1), ('3', 'user:a', 'finished', 1, 1);
    INSERT INTO exports (id, principal, state, task, attempts, path, size_bytes, created_at, touched_at)
      VALUES ('1', 'user:a', 'succeeded', '{}', 1, 'p', 5, 1, 1), ('2', 'user:a', 'expired', '{}', 1, NULL, 9, 1, 1);
    INSERT INTO tasks VALUES ('t', 0, 'user:b', 1, '200'), ('t', 1, 'user:b', 1, '{}');
  `);
  for (const name of files.filter((each) => each >= COUNTING)) apply(name);
  const rows = database.prepare("SELECT * FROM quota_usage ORDER BY principal, kind").all();
  expect(rows.map((row) => Object.values(row))).toEqual([
    ["user:a", "exports", 2, 5],
    ["user:a", "idempotency", 2, 6],
    ["user:a", "uploads", 2, 0],
    ["user:b", "idempotency", 1, 0],
    ["user:b", "tasks", 1, 0],
  ]);
});
