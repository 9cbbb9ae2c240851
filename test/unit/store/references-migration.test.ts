// The migration fills the table of references from an older database.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";

const FOLDER = join(import.meta.dirname, "../../../migrations");
const OWN = "0015_object_references.sql";

const database = new DatabaseSync(":memory:");
let rid = 0;

const run = (names: readonly string[]): void => {
  for (const name of names) database.exec(readFileSync(join(FOLDER, name), "utf8"));
};

interface Resource {
  readonly identifier: string;
  readonly payload_type: string;
  readonly owner?: string;
  readonly parent?: string;
  readonly isDeleted?: boolean;
  readonly payload: JsonObject;
  /** Payloads of earlier versions, oldest first. */
  readonly past?: readonly JsonObject[];
}

const COLUMNS = `rid, identifier, payload_type, schema_version, version, parent_identifier,
  derived_from, license, access_level, owner, created_at, updated_at, tx_from, is_deleted, payload`;

const put = (resource: Resource): void => {
  rid += 1;
  const { identifier, payload_type: type, owner = "user:e", parent = null, past = [] } = resource;
  const about = (version: number) =>
    [rid, identifier, type, "1.0.0", version, parent, null, null, "internal", owner, 1, 1] as const;
  for (const [at, payload] of past.entries()) {
    database
      .prepare(`INSERT INTO history (${COLUMNS}, tx_to) VALUES (${Array(16).fill("?").join(", ")})`)
      .run(...about(at + 1), at + 1, 0, JSON.stringify(payload), at + 2);
  }
  database
    .prepare(`INSERT INTO resources (${COLUMNS}) VALUES (${Array(15).fill("?").join(", ")})`)
    .run(
      ...about(past.length + 1),
      past.length + 1,
      resource.isDeleted === true ? 1 : 0,
      JSON.stringify(resource.payload),
    );
};

const user = (id: string, role: string): void => {
  database
    .prepare(`INSERT INTO users VALUES (?, ?, ?, 'h', ?, 1, 1, 1, NULL)`)
    .run(id, `${id}@example.org`, `${id}@example.org`, role);
};

const referencesOf = (identifier: string) =>
  database
    .prepare(
      `SELECT o.path, o.tx_from, o.tx_to, o.is_copy FROM object_references o
       JOIN resources r ON r.rid = o.rid WHERE r.identifier = ? ORDER BY o.tx_from`,
    )
    .all(identifier)
    .map((row) => ({ ...row }));

const table = (identifier: string, path: string, more: Partial<Resource> = {}): Resource => ({
  identifier,
  payload_type: "table",
  payload: { s3_path: path },
  ...more,
});

const S3 = { type: "s3", base_path: "/archive/mr", name: "l", enabled: true, secret_members: [] };

beforeAll(() => {
  const names = readdirSync(FOLDER).toSorted();
  run(names.filter((name) => name < OWN));
  user("a", "admin");
  user("e", "editor");
  database.exec(`INSERT INTO uploads VALUES
    ('g/1/mine', 'user:e', 'finished', NULL, NULL, NULL, 1, 1, 1),
    ('g/2/other', 'user:o', 'finished', NULL, NULL, NULL, 1, 1, 1)`);
  put(table("mine", "g/1/mine"));
  put(table("others", "s3://bucket/g/2/other"));
  put(table("gone", "g/1/mine", { isDeleted: true, past: [{ s3_path: "g/1/mine" }] }));
  put(table("changed", "g/1/mine", { past: [{ s3_path: "g/2/other" }, {}] }));
  put({ identifier: "loose", payload_type: "registered", payload: { s3_path: "g/1/mine" } });
  put({ identifier: "loc", payload_type: "storage_location", payload: S3 });
  put({ identifier: "posix", payload_type: "storage_location", payload: { ...S3, type: "posix" } });
  for (const [id, place] of [
    ["f1", "loc"],
    ["f2", "posix"],
  ] as const) {
    const path = { destination_path: `/archive/mr/MR 3/${id}`, storage_location_id: place };
    put({ identifier: id, payload_type: "file", payload: { filename: id, ...path } });
    put({
      identifier: `t-${id}`,
      payload_type: "transfer",
      parent: id,
      payload: { file_id: id, storage_location_id: place, status: "completed" },
    });
  }
  database.exec(`INSERT INTO x_storage_location (rid, identifier, created_at, tx_from, f_type)
    SELECT rid, identifier, 1, 1, payload ->> 'type' FROM resources
    WHERE payload_type = 'storage_location'`);
  database.exec(`INSERT INTO x_file (rid, identifier, created_at, tx_from, f_filename,
      f_storage_location_id, f_destination_path)
    SELECT rid, identifier, 1, 1, payload ->> 'filename', payload ->> 'storage_location_id',
      payload ->> 'destination_path' FROM resources WHERE payload_type = 'file'`);
  database.exec(`INSERT INTO x_transfer (rid, identifier, created_at, tx_from, f_file_id,
      f_storage_location_id, f_status)
    SELECT rid, identifier, 1, 1, payload ->> 'file_id', payload ->> 'storage_location_id',
      payload ->> 'status' FROM resources WHERE payload_type = 'transfer'`);
  put({ identifier: "lab/ct/1", payload_type: "source_revision", owner: "user:s", payload: {} });
  const csv = "lab/ct/1/data/a.csv";
  put(table(csv, csv, { owner: "user:s", parent: "lab/ct/1" }));
  put(table("thief of a source", csv));
  put(table("owner of a source", csv, { owner: "user:s" }));
  put(table("thief of a harvest", "s3://bucket/archive/mr/MR 3/f1"));
  put(table("admin of a harvest", "archive/mr/MR 3/f1", { owner: "user:a" }));
  put(table("by hand", "collection/1.dcm"));
  run([OWN]);
});

describe("the references of an older database", () => {
  test("are those of the declared fields of its versions, except tombstones", () => {
    expect(referencesOf("mine")).toEqual([
      { path: "g/1/mine", tx_from: 1, tx_to: null, is_copy: 0 },
    ]);
    expect(referencesOf("gone")).toEqual([{ path: "g/1/mine", tx_from: 1, tx_to: 2, is_copy: 0 }]);
    expect(referencesOf("changed")).toEqual([
      { path: "g/2/other", tx_from: 1, tx_to: 2, is_copy: 1 },
      { path: "g/1/mine", tx_from: 3, tx_to: null, is_copy: 0 },
    ]);
    expect(referencesOf("loose")).toEqual([]);
  });

  test("mark copies of what others uploaded, and keep addresses unchanged", () => {
    expect(referencesOf("others")).toMatchObject([{ path: "s3://bucket/g/2/other", is_copy: 1 }]);
    expect(referencesOf("by hand")).toMatchObject([{ is_copy: 0 }]);
  });

  test("open what harvests and sources made by their own resources, those of its owner, and admins'", () => {
    expect(referencesOf("lab/ct/1/data/a.csv")).toMatchObject([{ tx_to: null, is_copy: 0 }]);
    expect(referencesOf("owner of a source")).toMatchObject([{ tx_to: null, is_copy: 0 }]);
    expect(referencesOf("admin of a harvest")).toMatchObject([{ tx_to: null, is_copy: 0 }]);
    expect(referencesOf("thief of a source")).toEqual([]);
    expect(referencesOf("thief of a harvest")).toEqual([]);
  });
});

test("harvested files of buckets wait for verification, and their first segments are taken", () => {
  expect(database.prepare("SELECT file FROM object_checks").all()).toMatchObject([{ file: "f1" }]);
  expect(database.prepare("SELECT prefix FROM harvest_prefixes").all()).toMatchObject([
    { prefix: "archive" },
  ]);
});

test("the projection of files is unchanged", () => {
  const rows = database
    .prepare("SELECT identifier, f_filename, f_destination_path FROM x_file")
    .all();
  expect(rows).toMatchObject([
    { identifier: "f1", f_filename: "f1", f_destination_path: "/archive/mr/MR 3/f1" },
    { identifier: "f2", f_filename: "f2", f_destination_path: "/archive/mr/MR 3/f2" },
  ]);
});
