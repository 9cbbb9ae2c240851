/**
 * Which objects a caller may open: those it uploaded, and those that a resource it sees names. What
 * names an object is a row of `object_references`, and nothing else.
 */
import { addressOf, isAddressable } from "../../model/object-key.ts";
import type { Principal } from "../../identity/principal.ts";
import type { Origin } from "../../schema/source/work.ts";
import { NOW, type AsOf } from "../../query/query.ts";
import { noteOpened } from "../audit/audit.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { readView } from "./meta.ts";
import type { ReadContext } from "./read-context.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import type { objectReferences, resources } from "../tables/core.ts";
import {
  currentIn,
  isRestricted,
  maySee,
  openIn,
  resourceRow,
  type View,
} from "../visibility/visible.ts";

/** References (under an alias) to the object whose key this SQL text is. */
export function referencesTo(bucket: string, key: string, alias: string): Sql {
  return sql`object_references ${raw(alias)} ON ${raw(alias)}.path IN (${raw(key)}, ${addressOf(bucket)} || ${raw(key)})`;
}

/** References to the object of a key for which a condition on `o` holds, each with its current row as s. */
const references = (bucket: string, key: string, condition: Sql): Sql =>
  sql`(SELECT 1) CROSS JOIN ${referencesTo(bucket, key, "o")} AND ${condition}
    CROSS JOIN resources s ON s.rid = o.rid`;

/** Those that hold in a view. */
const holding = (view: View, bucket: string, key: string): Sql =>
  references(bucket, key, openIn(view, "o"));

/** Those of any version of any resource. */
const everMade = (bucket: string, key: string): Sql => references(bucket, key, raw("1"));

const ROW = resourceRow("s");

/** Why an object is given out, as the audit calls it. */
export type ObjectUse = "download" | "preview" | "copy";

/** An object that is wanted, and the state in which resources name it. */
export interface WantedObject {
  readonly key: string;
  readonly asOf: AsOf;
}

const NAMING_MAX = 10;
const FEW = raw(`LIMIT ${NAMING_MAX}`);

const KEY = "(j.value ->> 0)";

/**
 * Restricted resources that name an object or named it once: its uploader may open it after they have
 * been deleted. Null where one names it in the view that is not restricted.
 */
const restrictedNaming = (view: View, bucket: string): Sql => {
  const free = sql`SELECT 1 FROM ${holding(view, bucket, KEY)} WHERE NOT ${isRestricted(ROW)}`;
  const naming = sql`SELECT DISTINCT s.identifier FROM ${everMade(bucket, KEY)} WHERE ${isRestricted(ROW)} ${FEW}`;
  return sql`CASE WHEN EXISTS (${free}) THEN NULL ELSE (SELECT json_group_array(k.identifier)
    FROM (${naming}) k) END`;
};

interface OpenRow {
  readonly is_open: number;
  /** JSON array; null for none. */
  readonly restricted: string | null;
}

/** What was found unlike its promise is shown to nobody but who uploaded it. */
const anonymousAccess = (
  view: View,
  principal: Principal,
  bucket: string,
  text: string,
): Statement<OpenRow> => sql`
  SELECT CASE WHEN u.principal = ${principal.id} THEN u.state <> 'swept'
    WHEN u.state IN ('refused', 'swept') THEN 0
    ELSE EXISTS (SELECT 1 FROM ${holding(view, bucket, KEY)}
      WHERE ${maySee(view.visibility, ROW)}) END AS is_open, ${restrictedNaming(view, bucket)} AS restricted
  FROM json_each(${text}) j LEFT JOIN uploads u ON u.path = ${raw(KEY)} ORDER BY j.key`;

interface Opened {
  readonly isOpen: boolean;
  readonly restricted: readonly string[];
}

/** Looks at objects in one state. */
const lookAt = async (
  readContext: ReadContext,
  principal: Principal,
  keys: readonly string[],
  asOf: AsOf,
): Promise<readonly Opened[]> => {
  const chunks = jsonChunks(keys.map((key) => [key]));
  const { results } = await readView(readContext, principal, asOf, (view, caller) =>
    chunks.map(({ text }) => anonymousAccess(view, caller, readContext.bucket, text)),
  );
  return results.flat().map((row, at) => ({
    isOpen: row.is_open === 1 && isAddressable(keys[at] ?? ""),
    restricted: JSON.parse(row.restricted ?? "[]") as readonly string[],
  }));
};

/** The wanted objects by state: usually all are wanted in one, and that is one call. */
const byState = (
  wanted: readonly WantedObject[],
): readonly (readonly [AsOf, readonly number[]])[] => {
  const groups = Map.groupBy(wanted.keys(), (at) => JSON.stringify(wanted[at]?.asOf ?? NOW));
  return [...groups.values()].map((indexes) => [wanted[indexes[0] ?? 0]?.asOf ?? NOW, indexes]);
};

/**
 * Whether the caller may open each of the objects. When it may open all of them, it is recorded that
 * they are given out: before they are, and with the restricted resources that they belong to. Every
 * way on which contents of objects leave goes through here.
 */
export async function openObjects(
  readContext: ReadContext,
  principal: Principal,
  wanted: readonly WantedObject[],
  use: ObjectUse,
): Promise<readonly boolean[]> {
  const opened: Opened[] = wanted.map(() => ({ isOpen: false, restricted: [] }));
  for (const [asOf, indexes] of byState(wanted)) {
    const keys = indexes.map((at) => wanted[at]?.key ?? "");
    const found = await lookAt(readContext, principal, keys, asOf);
    for (const [position, at] of indexes.entries()) opened[at] = found[position] as Opened;
  }
  const isOpen = opened.map((each) => each.isOpen);
  if (isOpen.every(Boolean)) {
    const names = [...new Set(opened.flatMap(({ restricted }) => restricted))];
    await noteOpened(readContext, principal, use, names);
  }
  return isOpen;
}

type NamingRow = Readonly<
  Pick<typeof resources.$inferSelect, "rid" | "identifier"> &
    Pick<typeof objectReferences.$inferSelect, "is_copy">
>;

/** The resources that name an object and that the caller sees, the oldest first; some of many. */
export async function namingResources(
  readContext: ReadContext,
  principal: Principal,
  key: string,
): Promise<readonly Origin[]> {
  const text = JSON.stringify([[key]]);
  const naming = (view: View): Statement<NamingRow> =>
    sql`SELECT v.rid, v.identifier, min(o.is_copy) AS is_copy FROM json_each(${text}) j
      CROSS JOIN ${referencesTo(readContext.bucket, KEY, "o")} AND ${openIn(view, "o")}
      CROSS JOIN resources v ON v.rid = o.rid WHERE ${currentIn(view, "v")}
      GROUP BY v.rid ORDER BY v.rid ${FEW}`;
  const { results } = await readView(readContext, principal, NOW, (view) => [naming(view)]);
  return results[0].map((row) => ({ identifier: row.identifier, isOriginal: row.is_copy === 0 }));
}
