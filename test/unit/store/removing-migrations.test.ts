// Migrations come before code (docs/deployment.md), so what one takes away must be unused by the code that
// still runs: by every release since the one that it names.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import manifest from "../../../package.json" with { type: "json" };
import { readMigrations, type Migration } from "../../../src/server/migrations.ts";

const ROOT = join(import.meta.dirname, "../../..");

/** Of before the first release: nobody has code of a release that runs over what they take away. */
const BEFORE_RELEASES = new Set([
  "0008_harvest.sql",
  "0013_visibility.sql",
  "0015_object_references.sql",
  "0019_readers.sql",
  "0020_grant_pairs.sql",
  "0021_closure.sql",
  "0022_indexes.sql",
  "0025_type_indexes.sql",
]);

/** Statements after which earlier code may fail: they take away, rename, or accept less. */
const TAKES_AWAY = /^(?:DROP|DELETE|REPLACE|ALTER TABLE \S+ (?:DROP|RENAME))\b/i;
const NARROWS = /^CREATE UNIQUE INDEX (?:IF NOT EXISTS )?\S+ ON "?(\w+)"?/i;

const UNUSED = /^-- Unused since (\d+\.\d+\.\d+)\.$/m;

const statementsOf = (sql: string): readonly string[] =>
  sql
    .replaceAll(/^\s*--.*$/gm, "")
    .split(";")
    .map((statement) => statement.trim().replaceAll(/\s+/g, " "));

/** What of a migration may break code that was written before it. */
const breaking = (sql: string): readonly string[] => {
  const statements = statementsOf(sql);
  const isNew = (table = ""): boolean =>
    statements.some((statement) =>
      new RegExp(`^CREATE TABLE "?${table}"?\\b`, "i").test(statement),
    );
  return statements.filter((statement) => {
    const narrowed = NARROWS.exec(statement);
    return TAKES_AWAY.test(statement) || (narrowed !== null && !isNew(narrowed[1]));
  });
};

/** Why a migration may not be; undefined when it may. */
const errorOf = ({ name, sql }: Migration, released: readonly string[]): string | undefined => {
  const [first] = breaking(sql);
  if (first === undefined || BEFORE_RELEASES.has(name)) return undefined;
  const since = UNUSED.exec(sql)?.[1];
  if (since === undefined) {
    return `${name}: "${first}" may break code that still runs. Say since which release nothing uses it: -- Unused since 1.2.3.`;
  }
  return released.includes(since)
    ? undefined
    : `${name}: ${since} is not released, so code that uses it may still run.`;
};

/** The released versions: those with a date in the changelog. */
const releasedIn = (changelog: string): readonly string[] =>
  [...changelog.matchAll(/^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$/gm)].map(
    ([, version = ""]) => version,
  );

const migrations = readMigrations(join(ROOT, "migrations"));

describe("the migrations", () => {
  test("take away only what no release uses any more", () => {
    const released = releasedIn(readFileSync(join(ROOT, "CHANGELOG.md"), "utf8"));
    // The version that is being made is not released, whatever the changelog says of it.
    const earlier = released.filter((version) => version !== manifest.version);
    const errors = migrations.flatMap((migration) => errorOf(migration, earlier) ?? []);
    expect(errors).toEqual([]);
  });

  test("of before the first release are the only ones without a word about it", () => {
    const found = migrations.filter(({ sql }) => breaking(sql).length > 0 && !UNUSED.test(sql));
    expect(found.map(({ name }) => name)).toEqual([...BEFORE_RELEASES]);
  });
});

describe("a migration", () => {
  const judge = (sql: string): string | undefined =>
    errorOf({ name: "0099_a.sql", sql }, ["0.1.0"]);

  test.each([
    ["drops a table", "DROP TABLE old;"],
    ["drops an index behind a comment", "-- why\nDROP INDEX old_index;"],
    ["drops a column", "ALTER TABLE resources DROP COLUMN old;"],
    ["renames a column", 'ALTER TABLE "resources" RENAME COLUMN a TO b;'],
    ["removes rows", "DELETE\n  FROM state;"],
    ["accepts less", "CREATE UNIQUE INDEX one ON resources (identifier);"],
  ])("that %s has to say since when it is unused", (_name, sql) => {
    expect(judge(sql)).toMatch(/^0099_a\.sql: .* may break code that still runs/);
    expect(judge(`-- Unused since 0.2.0.\n${sql}`)).toBe(
      "0099_a.sql: 0.2.0 is not released, so code that uses it may still run.",
    );
    expect(judge(`-- Unused since 0.1.0.\n${sql}`)).toBeUndefined();
  });

  test.each([
    "CREATE TABLE a (b TEXT) STRICT; CREATE UNIQUE INDEX one ON a (b);",
    "ALTER TABLE a ADD COLUMN dropped TEXT; CREATE INDEX c ON a (dropped);",
    "-- DROP TABLE a;\nUPDATE a SET b = 1;",
  ])("that only adds may be: %s", (sql) => {
    expect(judge(sql)).toBeUndefined();
  });
});
