import type { AccessLevel } from "../model/resource.ts";
import type { DatabaseRow } from "./database.ts";
import { raw, sql, type Sql } from "./sql.ts";
import { childrenOf } from "./children.ts";
import {
  isRestricted,
  seenIdentifier,
  seenIdentifiers,
  type VersionRow,
  type View,
} from "./visible.ts";

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
 * What is short travels as one column, a JSON array: D1 makes an object of each row,
 * which costs by the column and more than packing does. `Head` and `toRow` go by this order.
 */
const PACKED = [
  "identifier",
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

/** A list in JSON as a text among others: nothing for the empty one, which most are. */
const packedList = (list: Sql): Sql =>
  // A text that is put together is no JSON any more, which would be unpacked with the others.
  sql`nullif(${list}, '[]') || ''`;

/** The columns of a `Row` from a version, as the reader may see them. */
export const selectRow = (view: View, row: VersionRow, options: { children: boolean }): Sql => {
  const { alias } = row;
  const children = options.children
    ? sql`, ${packedList(childrenOf(view, `${alias}.identifier`))}`
    : raw("");
  return sql`${raw(alias)}.payload, json_array(${raw(PACKED.map((name) => `${alias}.${name}`).join(", "))},
    ${isRestricted(row)}, ${seenIdentifier(view.sight, `${alias}.parent_identifier`)},
    ${packedList(seenIdentifiers(view.sight, `${alias}.derived_from`))}${children}) AS head`;
};

type Head = readonly [
  string,
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
  string | null,
  // Only where children were asked for.
  (string | null)?,
];

/** The row from the columns of `selectRow`. */
export const toRow = (row: DatabaseRow): Row => {
  const head = JSON.parse(row["head"] as string) as Head;
  const children = head[13];
  return {
    identifier: head[0],
    payload_type: head[1],
    schema_version: head[2],
    version: head[3],
    parent_identifier: head[11],
    derived_from: head[12],
    license: head[4],
    access_level: head[5],
    owner: head[6],
    created_at: head[7],
    updated_at: head[8],
    is_deleted: head[9],
    is_restricted: head[10],
    payload: row["payload"] as string,
    ...(children === undefined ? {} : { children: children ?? "[]" }),
  };
};
