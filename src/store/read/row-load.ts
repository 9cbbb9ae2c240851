/**
 * What of each row leaves the database: the members of its payload that a read needs, and no more
 * bytes at once than an isolate can hold. What is too large for that comes as its size instead, and
 * is loaded by a second call: see `read/complete.ts`.
 */
import { LIMITS } from "../../model/limits.ts";
import { raw, sql, type Sql } from "../sql/template.ts";

/** What of each row a statement loads. */
export interface RowLoad {
  /** True: the list of children as well. */
  readonly children: boolean;
  /**
   * Top-level members of the payload that are needed; absent: all of them. A payload may come with
   * more: to take a short one apart costs more than to send it.
   */
  readonly members?: readonly string[];
  /** Bytes of a payload or list above which its size comes in its place; absent: there is no bound. */
  readonly most?: number;
  /** True: the whole payload may be asked for later, so that each row tells whether it came. */
  readonly tells?: boolean;
}

/** Bytes up to which a payload is sent whole, whatever is needed of it. */
const WHOLE_BYTES = 4_096;

/** Never less for one row, however many rows a page has: most payloads are shorter. */
const SHARE_BYTES_MIN = 1_024;

/** Bytes that each of so many rows may bring, so that all of them fit on one page. */
export function shareOf(rows: number, most: number = LIMITS.pageBytesMax): number {
  return Math.max(SHARE_BYTES_MIN, Math.floor(most / Math.max(1, rows)));
}

const PLAIN_NAME = /^[A-Za-z_]\w*$/;

/** What is written into each copy of the column; more names, or longer ones, become a parameter. */
const WRITTEN = { names: 8, characters: 400 } as const;

const namesOf = (members: readonly string[]): Sql => {
  const text = members.map((name) => `'${name}'`).join(", ");
  const isShort = members.length <= WRITTEN.names && text.length <= WRITTEN.characters;
  return isShort && members.every((name) => PLAIN_NAME.test(name))
    ? raw(`(${text})`)
    : sql`(SELECT value FROM json_each(${JSON.stringify(members)}))`;
};

/** False for names that a JSON path of SQLite cannot spell: what JSON escapes, its paths do not. */
const isSpeakable = (name: string): boolean => name !== "" && JSON.stringify(name) === `"${name}"`;

/** To SQLite a name ends at such a character: another member may be found by its path. */
const hasEndlessNames = (payload: string): string => `instr(${payload}, '\\u0000') > 0`;

/** The members that a load can be narrowed to; undefined where it has to be the whole payload. */
const narrowedTo = ({ members }: RowLoad): readonly string[] | undefined =>
  members?.every(isSpeakable) === true ? members : undefined;

/**
 * A text as SQL, or where it is larger than `most` its size: a number where text is expected.
 *
 * @param shown what is answered of a text that is not too large.
 */
export function withinBound(text: string, most: number | undefined, shown = text): string {
  return most === undefined
    ? shown
    : `CASE WHEN octet_length(${text}) <= ${most} THEN ${shown} ELSE octet_length(${text}) END`;
}

/**
 * An object of the members of a payload that are rows `m` of json_each. SQLite works an aggregate out
 * once, however often it stands in a statement.
 */
const memberTexts = (payload: string): string =>
  `json_group_object(m.key, ${payload} -> m.fullkey ORDER BY m.id)`;

/** Some members of a payload, in their order and letter by letter as they are stored. */
const partOf = (payload: string, members: readonly string[], most: number | undefined): Sql => {
  if (members.length === 0) return raw("'{}'");
  return sql`(SELECT ${raw(withinBound(memberTexts(payload), most))} FROM json_each(${raw(payload)}) m
    WHERE m.key IN ${namesOf(members)})`;
};

/** Bytes up to which a payload comes whole although a part of it is enough. */
const wholeBytes = (most = WHOLE_BYTES): number => Math.min(WHOLE_BYTES, most);

/** The payload of a row: as text, or its size as a number. */
export function payloadValue(alias: string, load: RowLoad): Sql {
  const payload = `${alias}.payload`;
  const { most, tells = false } = load;
  const members = narrowedTo(load);
  if (members === undefined) return raw(withinBound(payload, most));
  if (members.length === 0 && !tells) return raw("'{}'");
  return sql`CASE WHEN ${raw(`octet_length(${payload}) <= ${wholeBytes(load.most)}`)} THEN ${raw(payload)}
    WHEN ${raw(hasEndlessNames(payload))} THEN ${raw(withinBound(payload, most))}
    ELSE ${partOf(payload, members, most)} END`;
}

/** Bytes of payload that a row will bring where there is no bound. */
export function loadedBytes(alias: string, load: RowLoad): Sql {
  const payload = `${alias}.payload`;
  const size = `octet_length(${payload})`;
  const members = narrowedTo(load);
  if (members === undefined) return raw(size);
  if (members.length === 0) return raw("2");
  return sql`CASE WHEN ${raw(`${size} <= ${wholeBytes(load.most)} OR ${hasEndlessNames(payload)}`)}
    THEN ${raw(size)} ELSE octet_length(${partOf(payload, members, undefined)}) END`;
}

/**
 * Bytes of a payload of which a part came at most, and 0 where all of it did; null where rows are not
 * asked to tell.
 */
export function restOf(alias: string, load: RowLoad): string | null {
  if (load.tells !== true || narrowedTo(load) === undefined) return null;
  const size = `octet_length(${alias}.payload)`;
  return `CASE WHEN ${size} <= ${wholeBytes(load.most)} THEN 0 ELSE ${size} END`;
}

/**
 * The first scalar members of a payload, or all of a short one, under the name `payload`: as text, or
 * where that is larger than `most` its size as a number.
 */
export function previewColumn(alias: string, count: number, most?: number): Sql {
  const payload = `${alias}.payload`;
  return raw(`CASE WHEN octet_length(${payload}) <= ${wholeBytes(most)} THEN ${payload}
    WHEN ${hasEndlessNames(payload)} THEN ${withinBound(payload, most)}
    ELSE (SELECT ${withinBound(memberTexts(payload), most)} FROM (
      SELECT e.key, e.fullkey, e.id FROM json_each(${payload}) e
      WHERE e.type IN ('text', 'integer', 'real', 'true', 'false')
      ORDER BY e.id LIMIT ${count}) m) END AS payload`);
}
