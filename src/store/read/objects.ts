/** Which objects a caller may read: those it uploaded, and those that a resource it sees names. */
import type { Principal } from "../../identity/principal.ts";
import { NOW, type AsOf } from "../../query/query.ts";
import { jsonChunks } from "../chunks.ts";
import { look, type Looking } from "../meta.ts";
import { raw, sql, type Sql } from "../sql.ts";
import { currentIn, eachVersion, type View } from "../visible.ts";

/** An object under every name that resources call it by; the first is its key. */
export type ObjectNames = readonly [path: string, ...others: string[]];

/** Holds when a version in the view names the object whose names (JSON array) these are. */
const isNamed = (view: View, names: Sql): Sql =>
  sql`EXISTS (${eachVersion(
    view,
    (table, where) => sql`SELECT 1 FROM json_each(${names}) n
      CROSS JOIN ${table} ON v.payload ->> 's3_path' = n.value WHERE ${where}`,
  )})`;

const NAMING_MAX = 10;

/** The resources that name an object and that the caller sees, the oldest first; some of many. */
export const namingResources = async (
  looking: Looking,
  principal: Principal,
  names: ObjectNames,
): Promise<readonly string[]> => {
  const { results } = await look(looking, principal, NOW, (view) => [
    sql`SELECT v.identifier FROM json_each(${JSON.stringify(names)}) n
      CROSS JOIN resources v ON v.payload ->> 's3_path' = n.value
      WHERE ${currentIn(view, "v")} ORDER BY v.rid LIMIT ${raw(String(NAMING_MAX))}`,
  ]);
  return results.flat().map((row) => row["identifier"] as string);
};

const openness = (view: View, principal: Principal, text: string): Sql => sql`
  SELECT CASE WHEN u.principal = ${principal.id} THEN u.state <> 'swept'
    WHEN u.state IN ('refused', 'swept') THEN 0
    ELSE ${isNamed(view, sql`j.value`)} END AS is_open
  FROM json_each(${text}) j LEFT JOIN uploads u ON u.path = j.value ->> 0 ORDER BY j.key`;

/**
 * Whether the caller may read each of the objects. What was found unlike its promise is shown to
 * nobody but who uploaded it.
 */
export const readableObjects = async (
  looking: Looking,
  principal: Principal,
  objects: readonly ObjectNames[],
  asOf: AsOf,
): Promise<readonly boolean[]> => {
  const chunks = jsonChunks(objects);
  const answer = await look(looking, principal, asOf, (view) =>
    chunks.map(({ text }) => openness(view, principal, text)),
  );
  return answer.results.flat().map((row) => row["is_open"] === 1);
};
