import type { AccessLevel } from "../model/resource.ts";
import type { DatabaseRow } from "./database.ts";
import { join, raw, sql, type Sql } from "./sql.ts";
import { childrenOf, isRestricted, seenIdentifier, seenIdentifiers, type View } from "./visible.ts";

/**
 * One version as it comes out of the database: lists and payload still as JSON text, so that an
 * answer can be written without parsing them.
 */
export interface Row {
  readonly identifier: string;
  readonly payload_type: string;
  readonly schema_version: string;
  readonly version: number;
  readonly parent_identifier: string | null;
  /** JSON array of identifiers, or null for none. */
  readonly derived_from: string | null;
  readonly license: string | null;
  readonly access_level: AccessLevel;
  readonly owner: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly is_deleted: number;
  /** 1 when it is restricted now, by itself or by an ancestor. */
  readonly is_restricted: number;
  /** JSON object. */
  readonly payload: string;
  /** JSON array of identifiers; absent when not asked for. */
  readonly children?: string;
}

/**
 * What is short and always there travels as one column, a JSON array: D1 makes an object of each row,
 * which costs by the column and more than packing does. `Head` and `toRow` go by this order.
 */
const PACKED = [
  "payload_type",
  "schema_version",
  "version",
  "license",
  "access_level",
  "owner",
  "created_at",
  "updated_at",
  "is_deleted",
] as const;

/** The columns of a `Row` from a table of versions under an alias, as the reader may see them. */
export const selectRow = (view: View, alias: string, options: { children: boolean }): Sql =>
  join(
    [
      raw(`${alias}.identifier, ${alias}.payload`),
      sql`json_array(${raw(PACKED.map((name) => `${alias}.${name}`).join(", "))},
        ${isRestricted(`${alias}.rid`)}, ${seenIdentifier(view.sight, `${alias}.parent_identifier`)}) AS head`,
      sql`${seenIdentifiers(view.sight, `${alias}.derived_from`)} AS derived_from`,
      ...(options.children ? [sql`${childrenOf(view, `${alias}.identifier`)} AS children`] : []),
    ],
    ", ",
  );

type Head = readonly [
  string,
  string,
  number,
  string | null,
  AccessLevel,
  string,
  number,
  number,
  number,
  number,
  string | null,
];

/** The row from the columns of `selectRow`. */
export const toRow = (row: DatabaseRow): Row => {
  const head = JSON.parse(row["head"] as string) as Head;
  const children = row["children"] as string | undefined;
  return {
    identifier: row["identifier"] as string,
    payload_type: head[0],
    schema_version: head[1],
    version: head[2],
    parent_identifier: head[10],
    derived_from: row["derived_from"] as string | null,
    license: head[3],
    access_level: head[4],
    owner: head[5],
    created_at: head[6],
    updated_at: head[7],
    is_deleted: head[8],
    is_restricted: head[9],
    payload: row["payload"] as string,
    ...(children === undefined ? {} : { children }),
  };
};
