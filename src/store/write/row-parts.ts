/** The statements of the resources that a write names, with or without what is in them. */
import { LIMITS } from "../../model/limits.ts";
import type { Principal } from "../../identity/principal.ts";
import { raw, sql, type Statement } from "../sql/template.ts";
import type { Needs } from "./needs.ts";
import type { LoadPart } from "./load-rows.ts";
import { BYTES, columns, listed, texts } from "./parts.ts";
import type { LoadedRow } from "./row.ts";

const lightRows = (principal: Principal, text: string): Statement<LoadedRow> =>
  sql`SELECT ${columns(principal, false)} FROM json_each(${text}) j
    CROSS JOIN resources r ON r.identifier = j.value`;

/** So few resources always fit. */
const FEW = Math.floor(LIMITS.loadedBytesMax / (2 * LIMITS.payloadBytesMax));

/** Rows with payload and sources; of so many as would be too much for an isolate, only as far as they fit. */
const wholeRows = (principal: Principal, identifiers: readonly string[]): Statement<LoadedRow> => {
  if (identifiers.length <= FEW) {
    return sql`SELECT ${columns(principal, true)} FROM json_each(${JSON.stringify(identifiers)}) j
      CROSS JOIN resources r ON r.identifier = j.value`;
  }
  const most = raw(String(LIMITS.loadedBytesMax));
  // As far as they fit: who gets part of them sees by their bytes that it is not all.
  const fits = sql`sum(${BYTES}) OVER (ROWS UNBOUNDED PRECEDING) <= ${most}`;
  return sql`WITH named(value) AS MATERIALIZED (${listed(identifiers)})
    SELECT ${columns(principal, true, fits)} FROM named j
    CROSS JOIN resources r ON r.identifier = j.value`;
};

/** True when some rows were loaded without what is in them. */
export function areHeavy(
  rows: ReadonlyMap<string, LoadedRow>,
  identifiers: readonly string[],
): boolean {
  return (
    identifiers.length > FEW &&
    [...new Set(identifiers)].reduce((sum, each) => sum + (rows.get(each)?.bytes ?? 0), 0) >
      LIMITS.loadedBytesMax
  );
}

/** The statements, each with the part that its rows are. */
export function rowParts(principal: Principal, needs: Needs): LoadPart[] {
  // Neighbours in the index one after the other: the cache of the database is small.
  const full = new Set(needs.full.toSorted());
  const light = needs.light.filter((identifier) => !full.has(identifier));
  const parents = (text: string): Statement<LoadedRow> =>
    sql`SELECT ${columns(principal, false)} FROM json_each(${text}) j
      CROSS JOIN resources c ON c.identifier = j.value
      CROSS JOIN resources r ON r.identifier = c.parent_identifier`;
  return [
    ...texts(light).map((text): LoadPart => ["rows", lightRows(principal, text)]),
    ...texts(needs.restoring).map((text): LoadPart => ["rows", parents(text)]),
    ...(full.size === 0 ? [] : [["rows", wholeRows(principal, [...full])] as const]),
  ];
}
