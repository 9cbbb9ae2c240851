/**
 * The typed projection of a payload type: one narrow table `x_<type>` with the live rows, joined by
 * rid, on which filters, sorts and counts run. It can be rebuilt from `resources` at any time.
 */
import type { Json, JsonObject } from "../../model/json.ts";
import {
  addedIndexName,
  declaredIndexName,
  type FieldIndexUse,
  keyIndexName,
  tableName,
} from "../../schema/database-names.ts";
import { indexedFields } from "../../schema/indexed.ts";
import type { Field, FieldKind, IndexKey, IndexMark, PayloadType } from "../../schema/type.ts";
import { cellRelations, type Cell } from "../sql/chunks.ts";
import { join, quoteName, raw, sql, type Sql } from "../sql/template.ts";

/** Name of the table of a payload type, quoted. */
export function projectionTable(payloadType: string): string {
  return quoteName(tableName(payloadType));
}

const SQL_TYPES: Record<FieldKind, string> = {
  string: "TEXT",
  integer: "INTEGER",
  number: "REAL",
  boolean: "INTEGER",
  date: "TEXT",
  datetime: "TEXT",
  list: "TEXT",
  json: "TEXT",
};

/** Column of a field in the projection, quoted. Prefixed, so that it never meets a column of ours. */
export function fieldColumn(name: string): string {
  return quoteName(`f_${name}`);
}

/** Column for the marks of indexes that were added at run time. */
export function markColumn(slot: number): string {
  return `k_${slot}`;
}

/** The fields that have a column. */
const projectedFields = (type: PayloadType): readonly Field[] =>
  [...type.fields.values()].filter((field) => field.column);

/**
 * The column that says who may see a row: see `src/store/visibility/visible.ts`. Indexes that give pages in order
 * begin with it, so that a page reads only rows of the classes that its reader sees. A row that
 * nobody has classified is one that nobody sees.
 */
const VISIBILITY = "visibility INTEGER NOT NULL DEFAULT 2";

/** Kinds that are asked for by range and sorted by; the others are compared for equality. */
const RANGED: ReadonlySet<FieldKind> = new Set(["string", "integer", "number", "date", "datetime"]);

/** True for a field whose index admins have added, as far as it has come. */
const isAdded = ({ marks, buildingIndexes = [] }: PayloadType, field: string): boolean =>
  marks?.has(field) === true || buildingIndexes.includes(field);

const indexName = (type: PayloadType, field: string, use: FieldIndexUse): string =>
  quoteName((isAdded(type, field) ? addedIndexName : declaredIndexName)(type.name, field, use));

/**
 * The index that has rows in the order of a field, ascending, with ties by identifier, class by class of
 * visibility; undefined where none has.
 */
export function orderIndex(type: PayloadType, field: string): string | undefined {
  const isOrdered =
    indexedFields(type).includes(field) && RANGED.has(type.fields.get(field)?.kind ?? "json");
  return isOrdered ? indexName(type, field, "asc") : undefined;
}

/**
 * Condition on rows of the projection (alias x) without which SQLite takes no index of a field that was added
 * at run time; it holds for all rows once the index is complete. Undefined for any other field.
 */
export function markCondition(type: PayloadType, field: string): string | undefined {
  const mark = indexedFields(type).includes(field) ? type.marks?.get(field) : undefined;
  return mark === undefined ? undefined : `x.${markColumn(mark.slot)} = ${mark.mark}`;
}

const indexStatements = (
  type: PayloadType,
  field: string,
  mark: IndexMark | undefined = type.marks?.get(field),
): readonly string[] => {
  const table = projectionTable(type.name);
  const column = fieldColumn(field);
  const where = mark === undefined ? "" : ` WHERE ${markColumn(mark.slot)} = ${mark.mark}`;
  // Equality with the order of creation; the field comes first for who looks a value up.
  const equality = `CREATE INDEX IF NOT EXISTS ${indexName(type, field, "created")} ON ${table} (${column}, visibility, created_at DESC, identifier)${where}`;
  // Ranges, and sorting by the field in either direction: see `src/store/read/selections.ts`.
  return RANGED.has(type.fields.get(field)?.kind ?? "json")
    ? [
        equality,
        `CREATE INDEX IF NOT EXISTS ${indexName(type, field, "asc")} ON ${table} (visibility, ${column}, identifier)${where}`,
      ]
    : [equality];
};

/**
 * The statements that begin an index of a field: it holds the rows with a mark, which none has yet.
 *
 * @param isNew true: there is no column for the slot yet.
 */
export function beginIndex(
  type: PayloadType,
  field: string,
  mark: IndexMark,
  isNew: boolean,
): readonly string[] {
  const column = `ALTER TABLE ${projectionTable(type.name)} ADD COLUMN ${markColumn(mark.slot)} INTEGER`;
  return [...(isNew ? [column] : []), ...indexStatements(type, field, mark)];
}

/** The statements that take the indexes of a field away. */
export function dropIndex(type: PayloadType, field: string): readonly string[] {
  return (["created", "asc"] as const).map(
    (use) => `DROP INDEX IF EXISTS ${indexName(type, field, use)}`,
  );
}

const keyName = ({ name }: PayloadType, key: IndexKey): string =>
  quoteName(keyIndexName(name, key));

const keyStatement = (type: PayloadType, key: IndexKey): string => {
  const columns = key.fields.map(fieldColumn).join(", ");
  // Ties of an index over several fields go by identifier; a unique one has none.
  const rest = key.unique ? "" : ", visibility, identifier";
  return `CREATE ${key.unique ? "UNIQUE " : ""}INDEX ${keyName(type, key)} ON ${projectionTable(type.name)} (${columns}${rest})`;
};

const lacks = (keys: readonly IndexKey[], key: IndexKey): boolean =>
  !keys.some((each) => each.unique === key.unique && each.fields.join() === key.fields.join());

/** True when two resources of the type may clash. */
export function hasUniqueKeys(type: PayloadType): boolean {
  return type.keys.some(({ unique }) => unique);
}

/**
 * The indexes of a type's table. None has the order of creation: the rows of each type stand in that order
 * in an index of `resources`.
 */
const indexesOf = (type: PayloadType): readonly string[] => [
  ...indexedFields(type).flatMap((field) => indexStatements(type, field)),
  ...type.keys.map((key) => keyStatement(type, key)),
];

/** The statements that create the table of a type and its indexes. */
export function createProjection(type: PayloadType): readonly string[] {
  const columns = projectedFields(type).map(
    (field) => `,\n  ${fieldColumn(field.name)} ${SQL_TYPES[field.kind]}`,
  );
  const table = projectionTable(type.name);
  return [
    `CREATE TABLE ${table} (\n  rid INTEGER PRIMARY KEY,\n  identifier TEXT NOT NULL,\n  created_at INTEGER NOT NULL,\n  tx_from INTEGER NOT NULL,\n  ${VISIBILITY}${columns.join("")}\n) STRICT`,
    ...indexesOf(type),
  ];
}

/** The statements that give a table without it the column, and indexes that begin with it. */
export function classifyProjection(type: PayloadType): readonly string[] {
  const table = projectionTable(type.name);
  const indexes = indexesOf(type)
    .filter((statement) => !statement.startsWith("CREATE UNIQUE"))
    .map((statement) => statement.replace("IF NOT EXISTS ", ""));
  return [
    `ALTER TABLE ${table} ADD COLUMN ${VISIBILITY}`,
    ...indexes.map((statement) => {
      const name = /INDEX ("(?:[^"]|"")+")/.exec(statement)?.[1] ?? "";
      return `DROP INDEX IF EXISTS ${name}`;
    }),
    `UPDATE ${table} SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = ${table}.rid)`,
    ...indexes,
  ];
}

/**
 * The statements that take away indexes which a table had for one direction alone, and make those that
 * a field lacks whose kind has changed.
 */
export function mergeIndexes(type: PayloadType): readonly string[] {
  const names = [
    `x_${type.name}_created`,
    `x_${type.name}_created_asc`,
    // Also of fields that an earlier version of the type had indexed.
    ...projectedFields(type).map(({ name }) => `x_${type.name}_${name}_desc`),
  ];
  return [
    ...names.map((name) => `DROP INDEX IF EXISTS ${quoteName(name)}`),
    ...indexedFields(type).flatMap((field) => indexStatements(type, field)),
  ];
}

/** The statements that bring the table of a type from one version to the next. */
export function evolveProjection(previous: PayloadType, next: PayloadType): readonly string[] {
  const known = new Set(projectedFields(previous).map((field) => field.name));
  const table = projectionTable(next.name);
  const added = projectedFields(next).filter((field) => !known.has(field.name));
  const indexed = new Set(
    indexedFields(previous).flatMap((field) => indexStatements(previous, field)),
  );
  return [
    ...added.map(
      (field) =>
        `ALTER TABLE ${table} ADD COLUMN ${fieldColumn(field.name)} ${SQL_TYPES[field.kind]}`,
    ),
    ...indexedFields(next)
      .flatMap((field) => indexStatements(next, field))
      .filter((statement) => !indexed.has(statement)),
    ...previous.keys
      .filter((key) => lacks(next.keys, key))
      .map((key) => `DROP INDEX IF EXISTS ${keyName(previous, key)}`),
    ...next.keys.filter((key) => lacks(previous.keys, key)).map((key) => keyStatement(next, key)),
  ];
}

const extraction = (field: Field): Sql => {
  const arrow = field.kind === "list" || field.kind === "json" ? "->" : "->>";
  return raw(`r.payload ${arrow} '$."${field.name}"'`);
};

/**
 * Copies live rows of `resources` (alias r, chosen by `source`) into the projection.
 *
 * @param present members that the rows' payloads have: the other columns become null unread.
 */
export const projectRows = (type: PayloadType, present: ReadonlySet<string>, source: Sql): Sql => {
  const fields = projectedFields(type).filter((field) => present.has(field.name));
  const marks = [...(type.marks?.values() ?? [])];
  const names = [
    ...fields.map((field) => `, ${fieldColumn(field.name)}`),
    ...marks.map(({ slot }) => `, ${markColumn(slot)}`),
  ].join("");
  const values = join(
    [
      raw("r.rid, r.identifier, r.created_at, r.tx_from, r.visibility"),
      ...fields.map(extraction),
      ...marks.map(({ mark }) => raw(String(mark))),
    ],
    ", ",
  );
  // No OR REPLACE: it would push aside another row that a unique index holds against this one.
  return sql`INSERT INTO ${raw(projectionTable(type.name))} (rid, identifier, created_at, tx_from, visibility${raw(names)})
    SELECT ${values} ${source}`;
};

/** A value as the column of its field has it: as `extraction` finds it in the stored payload. */
const cellOf = ({ kind, name }: Field, payload: JsonObject): Cell => {
  if (!Object.hasOwn(payload, name)) return null;
  const value = payload[name] as Json;
  if (kind === "list" || kind === "json") return JSON.stringify(value);
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
};

/**
 * Brings the projection of live rows up to date where only some members have changed: the indexes
 * of the others are not touched.
 *
 * @param rows rid and payload of each.
 * @param transaction SQL of the transaction that changes them.
 */
export function reprojectRows(
  type: PayloadType,
  changed: ReadonlySet<string>,
  rows: readonly (readonly [rid: number, payload: JsonObject])[],
  transaction: Sql,
): readonly Sql[] {
  const fields = projectedFields(type).filter((field) => changed.has(field.name));
  const updates = fields.map(({ name }, at) => `, ${fieldColumn(name)} = j.c${at + 1}`).join("");
  const table = raw(projectionTable(type.name));
  const cells = rows.map(([rid, payload]) => [
    rid,
    ...fields.map((field) => cellOf(field, payload)),
  ]);
  return cellRelations(cells).map(
    (relation) => sql`UPDATE OR FAIL ${table} SET tx_from = ${transaction}${raw(updates)}
      FROM ${relation} j WHERE ${table}.rid = j.c0`,
  );
}

/** Removes rows that are no longer live. */
export function deleteProjectionRows(type: string, rids: Sql): Sql {
  return sql`DELETE FROM ${raw(projectionTable(type))} WHERE rid IN (${rids})`;
}
