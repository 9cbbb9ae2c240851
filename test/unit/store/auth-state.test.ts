// The auth epoch changes with everything that affects the auth state of a caller.
import type { DatabaseSync } from "node:sqlite";
import { beforeEach, expect, test } from "vitest";
import { migrate, migrated } from "../../support/databases/migrated.ts";

let database: DatabaseSync;

const mark = (): string =>
  String(database.prepare("SELECT standings FROM state").get()?.["standings"]);

beforeEach(() => {
  database = migrated();
  database.exec(`
    INSERT INTO users VALUES ('u', 'a@b.c', 'a@b.c', 'hash', 'user', 1, 1, 1, NULL);
    INSERT INTO api_keys VALUES ('k', 'digest', NULL, 1, 'u');
    INSERT INTO sessions VALUES ('s', 'u', 1, 'digest', 1, 2);
    INSERT INTO policies VALUES ('p', NULL, '["*"]', '["read"]', 0, 1, 'u');
    INSERT INTO policy_subjects VALUES ('u', 'p');
  `);
});

test("the auth epoch exists from the beginning, and differs between databases", () => {
  database = migrate();
  const before = mark();
  expect(before).toMatch(/^[0-9a-f]{16}$/);
  database = migrate();
  expect(mark()).not.toBe(before);
});

test.each([
  "UPDATE users SET role = 'admin' WHERE id = 'u'",
  "UPDATE users SET is_active = 0 WHERE id = 'u'",
  "UPDATE users SET token_version = token_version + 1 WHERE id = 'u'",
  "DELETE FROM users WHERE id = 'u' RETURNING id",
  "DELETE FROM api_keys WHERE id = 'k' RETURNING id",
  "DELETE FROM sessions WHERE id = 's'",
  "UPDATE policies SET actions = '[\"update\"]' WHERE id = 'p'",
  "DELETE FROM policies WHERE id = 'p'",
  "INSERT INTO policy_subjects VALUES ('role:user', 'p')",
  "UPDATE policy_subjects SET subject = 'k' WHERE subject = 'u'",
  "DELETE FROM policy_subjects WHERE subject = 'u'",
])("the auth epoch changes with: %s", (statement) => {
  const before = mark();
  database.prepare(statement).all();
  expect(mark()).toMatch(/^[0-9a-f]{16}$/);
  expect(mark()).not.toBe(before);
});

test("a login and a refresh do not change it", () => {
  const before = mark();
  database.exec(`
    UPDATE users SET last_login_at = 2, password_hash = 'other' WHERE id = 'u';
    INSERT INTO sessions VALUES ('t', 'u', 1, 'digest', 1, 2);
    UPDATE sessions SET refresh_digest = 'next', expires_at = 3 WHERE id = 's';
  `);
  expect(mark()).toBe(before);
});
