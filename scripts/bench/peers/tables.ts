/** The benchmark's data as tables of PostgreSQL: the rows of the seed file, past versions too. */
import { DatabaseSync } from "node:sqlite";
import { indexes } from "../../../src/schema/builtin/image.ts";
import type { Cluster } from "./cluster.ts";

/** The fields of an image's payload, with the types that they have as columns. */
const FIELDS = [
  ["modality", "text"],
  ["body_part_examined", "text"],
  ["view_position", "text"],
  ["patient_age_years", "integer"],
  ["finding_labels", "text[]"],
  ["follow_up_number", "integer"],
  ["patient_sex", "text"],
  ["rows", "integer"],
  ["columns", "integer"],
  ["pixel_spacing_mm", "double precision[]"],
  ["bits_allocated", "integer"],
  ["manufacturer", "text"],
  ["s3_path", "text"],
  ["file_name", "text"],
  ["content_type", "text"],
  ["size_bytes", "bigint"],
  ["sha256", "text"],
] as const;

/** The columns that an update changes. */
const CHANGED = ["view_position", "patient_age_years", "finding_labels", "follow_up_number"];

const METADATA = ["identifier", "payload_type", "parent_identifier", "license", "access_level"];
const VERSION = ["schema_version", "version", "created_at", "updated_at"];
const COLUMNS = [...METADATA, ...VERSION, ...FIELDS.map(([name]) => name)];

const COMMON = `payload_type text NOT NULL, parent_identifier text, license text,
  access_level text NOT NULL DEFAULT 'internal', schema_version text NOT NULL DEFAULT '1.0.0',
  version integer NOT NULL DEFAULT 1, created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()`;

const fields = FIELDS.map(([name, type]) => `"${name}" ${type}`).join(", ");
const list = (prefix = ""): string => COLUMNS.map((name) => `${prefix}"${name}"`).join(", ");
const typeOf = (name: string): string => FIELDS.find(([field]) => field === name)?.[1] ?? "text";

/** What images refer to. */
const PARENT = `CREATE TABLE parent (identifier text PRIMARY KEY, ${COMMON})`;

const TABLES = `${PARENT};
CREATE TABLE image (identifier text PRIMARY KEY, ${COMMON}, ${fields});
CREATE TABLE image_history (identifier text NOT NULL, ${COMMON}, ${fields});`;

/** Made after the rows: what the product has for the same reads and guarantees. */
const INDEXES = `ALTER TABLE image ADD FOREIGN KEY (parent_identifier) REFERENCES parent;
CREATE INDEX ON image (parent_identifier);
CREATE INDEX ON image (created_at DESC, identifier);
${indexes.map((name) => `CREATE INDEX ON image ("${name}", created_at DESC, identifier);`).join("\n")}
CREATE INDEX ON image_history (identifier, version);`;

/**
 * An update keeps the version that it supersedes, as the product does. Rows are locked in one order: without
 * it, updates of the same rows at the same time end in deadlocks.
 */
const FUNCTIONS = `CREATE FUNCTION keep_versions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO image_history (${list()}) SELECT ${list("o.")} FROM superseded o;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_versions AFTER UPDATE ON image REFERENCING OLD TABLE AS superseded
  FOR EACH STATEMENT EXECUTE FUNCTION keep_versions();
CREATE FUNCTION update_images(updates jsonb) RETURNS integer LANGUAGE sql AS $$
  SELECT 1 FROM image WHERE identifier IN
    (SELECT u.identifier FROM jsonb_to_recordset(updates) AS u(identifier text))
    ORDER BY identifier FOR UPDATE;
  WITH updated AS (
    UPDATE image i SET ${CHANGED.map((name) => `"${name}" = u."${name}"`).join(", ")},
      version = i.version + 1, updated_at = now()
    FROM jsonb_to_recordset(updates)
      AS u(identifier text, ${CHANGED.map((name) => `"${name}" ${typeOf(name)}`).join(", ")})
    WHERE i.identifier = u.identifier RETURNING 1)
  SELECT count(*)::integer FROM updated $$;`;

const ROLES = `CREATE ROLE editor NOLOGIN;
GRANT USAGE ON SCHEMA public TO editor;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO editor;`;

const instant = (micros: Value): string => new Date(Number(micros) / 1000).toISOString();

type Value = string | number | null | undefined | readonly (string | number)[];

const textOf = (value: NonNullable<Value>): string =>
  typeof value === "object"
    ? `{${value.map((each) => JSON.stringify(each)).join(",")}}`
    : String(value);

/** A value as COPY takes it in its text format. */
const copied = (value: Value): string =>
  value === null || value === undefined
    ? String.raw`\N`
    : textOf(value)
        .replaceAll("\\", "\\\\")
        .replaceAll("\t", String.raw`\t`)
        .replaceAll("\n", String.raw`\n`);

type Row = Readonly<Record<string, Value>>;

const valueOf = (row: Row, payload: Row, name: string): Value => {
  if (name === "created_at" || name === "updated_at") return instant(row[name]);
  return name in row ? row[name] : payload[name];
};

const lineOf = (row: Row, columns: readonly string[]): string => {
  const payload = JSON.parse(String(row["payload"])) as Row;
  return columns.map((name) => copied(valueOf(row, payload, name))).join("\t");
};

const PART = 20_000;

const copy = (
  { run }: Cluster,
  database: DatabaseSync,
  [table, columns, source]: readonly [string, readonly string[], string],
): void => {
  let lines: string[] = [];
  const send = (): void => {
    const names = columns.map((name) => `"${name}"`).join(", ");
    if (lines.length > 0) run(`COPY ${table} (${names}) FROM STDIN`, `${lines.join("\n")}\n`);
    lines = [];
  };
  for (const row of database.prepare(source).iterate()) {
    lines.push(lineOf(row as Row, columns));
    if (lines.length === PART) send();
  }
  send();
};

/** Fills a cluster with the rows of the seed file. */
export const fillTables = (cluster: Cluster, seedFile: string): void => {
  cluster.run(TABLES);
  const database = new DatabaseSync(seedFile, { readOnly: true });
  const metadata = `${[...METADATA, ...VERSION].join(", ")}, payload`;
  const parents = [...METADATA, ...VERSION];
  const ofImages = "WHERE payload_type = 'image'";
  try {
    copy(cluster, database, [
      "parent",
      parents,
      `SELECT ${metadata} FROM resources WHERE payload_type <> 'image' ORDER BY rid`,
    ]);
    copy(cluster, database, [
      "image",
      COLUMNS,
      `SELECT ${metadata} FROM resources ${ofImages} ORDER BY rid`,
    ]);
    copy(cluster, database, [
      "image_history",
      COLUMNS,
      `SELECT ${metadata} FROM history ${ofImages} ORDER BY hid`,
    ]);
  } finally {
    database.close();
  }
  for (const sql of [INDEXES, FUNCTIONS, ROLES, "VACUUM ANALYZE"]) cluster.run(sql);
};
