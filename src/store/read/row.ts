import type { resources } from "../tables/core.ts";
import { payloadValue, restOf, withinBound, type RowLoad } from "./row-load.ts";
import { raw, sql, type Sql } from "../sql/template.ts";
import { childrenOf } from "./children.ts";
import {
  isRestricted,
  seenIdentifier,
  seenIdentifiers,
  type VersionRow,
  type View,
} from "../visibility/visible.ts";

/** A current version as it is stored; those in history have the same columns. */
type Stored = typeof resources.$inferSelect;

/**
 * One version as it comes out of the database: lists and payload still as JSON text, so that an
 * answer can be written without parsing them.
 */
export interface Row extends Readonly<Pick<Stored, (typeof PACKED)[number] | "is_deleted">> {
  readonly parent_identifier: Stored["parent_identifier"];
  /** JSON array of identifiers, or null for none. */
  readonly derived_from: Stored["derived_from"];
  /** 1 when it is restricted now, by itself or by an ancestor. */
  readonly is_restricted: number;
  /** JSON object: the members that were asked for, and maybe others. */
  readonly payload: Stored["payload"];
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
] as const satisfies readonly (keyof Stored)[];

/** A list in JSON as a text among others: nothing for the empty one, which most are. */
const packed = (list: string): string =>
  // A text that is put together is no JSON any more, which would be unpacked with the others.
  `nullif(${list}, '[]') || ''`;

/** What a row tells of its payload travels with `is_deleted`, 0 or 1, so that others pay nothing for it. */
const twiceTheRest = (alias: string, load: RowLoad): Sql => {
  const rest = restOf(alias, load);
  return rest === null ? raw("") : raw(` + 2 * ${rest}`);
};

/** What is short of a version, as the reader may see it. */
const headOf = (view: View, row: VersionRow, load: RowLoad): Sql => {
  const { alias } = row;
  const list = (array: string): string => withinBound(array, load.most, packed(array));
  const children = load.children
    ? sql`, ${childrenOf(view, `${alias}.identifier`, list)}`
    : raw("");
  return sql`json_array(${raw(PACKED.map((name) => `${alias}.${name}`).join(", "))},
    ${raw(`${alias}.is_deleted`)}${twiceTheRest(alias, load)},
    ${isRestricted(row)}, ${seenIdentifier(view.visibility, `${alias}.parent_identifier`)},
    ${seenIdentifiers(view.visibility, `${alias}.derived_from`, list)}${children})`;
};

/** The columns of `selectRow`: a payload may come as its size. */
export interface SelectedRow {
  readonly payload: Stored["payload"] | number;
  readonly head: string;
}

/** The columns of a `Draft` from a version, as the reader may see them. */
export function selectRow(view: View, row: VersionRow, load: RowLoad): Sql {
  return sql`${payloadValue(row.alias, load)} AS payload, ${headOf(view, row, load)} AS head`;
}

/**
 * The same from one of two versions.
 *
 * @param isPast SQL of a number: 0 where the current row is the one, 1 where the superseded one is.
 */
export function selectEither(
  view: View,
  isPast: string,
  [current, past]: readonly [VersionRow, VersionRow],
  load: RowLoad,
): Sql {
  const either = (of: (row: VersionRow) => Sql): Sql =>
    sql`CASE ${raw(isPast)} WHEN 0 THEN ${of(current)} ELSE ${of(past)} END`;
  return sql`${either(({ alias }) => payloadValue(alias, load))} AS payload,
    ${either((row) => headOf(view, row, load))} AS head`;
}

/** Text, or the size of a text that did not come. */
type Bounded = string | number | null;

type Values<Names extends readonly (keyof Stored)[]> = {
  readonly [At in keyof Names]: Stored[Names[At]];
};

type Head = readonly [
  ...Values<typeof PACKED>,
  number,
  number,
  Stored["parent_identifier"],
  Bounded,
  // Only where children were asked for.
  Bounded?,
];

/** A row as a statement with bounds loads it: what is too large for these did not come. */
export interface Draft {
  /** What did not come is empty in it. */
  readonly row: Row;
  /** Bytes of what was asked for and did not come; 0 where the row is complete. */
  readonly missing: number;
  /** Bytes of the payload where members beside those asked for did not come, or 0. */
  readonly rest: number;
}

const sizeOf = (value: unknown): number => (typeof value === "number" ? value : 0);

/** The draft from the columns of `selectRow`. */
export function toDraft({ payload, head: packedHead }: SelectedRow): Draft {
  const head = JSON.parse(packedHead) as Head;
  const [sources, children] = [head[12], head[13]];
  return {
    row: {
      identifier: head[0],
      payload_type: head[1],
      schema_version: head[2],
      version: head[3],
      parent_identifier: head[11],
      derived_from: typeof sources === "number" ? null : sources,
      license: head[4],
      access_level: head[5],
      owner: head[6],
      created_at: head[7],
      updated_at: head[8],
      is_deleted: head[9] % 2,
      is_restricted: head[10],
      payload: typeof payload === "number" ? "{}" : payload,
      ...(children === undefined
        ? {}
        : { children: typeof children === "string" ? children : "[]" }),
    },
    missing: sizeOf(payload) + sizeOf(sources) + sizeOf(children),
    rest: Math.floor(head[9] / 2),
  };
}

/** The row from the columns of `selectRow` without bounds. */
export function toRow(row: SelectedRow): Row {
  return toDraft(row).row;
}

/** Everything of each row at once: for few rows, or for rows that are known to be short. */
export const WHOLE: RowLoad = { children: false };
