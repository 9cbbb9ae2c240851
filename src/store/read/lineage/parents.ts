/** The chain of parents above a resource. */
import type { Principal } from "../../../identity/principal.ts";
import type { AsOf } from "../../../query/query.ts";
import { readView } from "../meta.ts";
import type { ReadContext } from "../read-context.ts";
import { sql, type Expression } from "../../sql/template.ts";
import { eachVersion, type View } from "../../visibility/visible.ts";
import { isPast, notFound } from "./answer.ts";

/** JSON array text of a resource and its ancestors, with their distances: sorting here reads more. */
const chain = (view: View, identifier: string): Expression<string> => {
  const start = eachVersion(
    view,
    (table, where) => sql`SELECT v.identifier, v.parent_identifier, 0 FROM ${table}
      WHERE v.identifier = ${identifier} AND ${where}`,
  );
  const above = eachVersion(
    view,
    (table, where) => sql`SELECT v.identifier, v.parent_identifier, up.distance + 1
      FROM up CROSS JOIN ${table} ON v.identifier = up.parent WHERE ${where}`,
  );
  return sql`(WITH RECURSIVE up(identifier, parent, distance) AS (${start} UNION ALL ${above})
    SELECT json_group_array(json_array(distance, identifier)) FROM up)`;
};

/** The ancestors of a resource, nearest first. */
export interface Parents {
  readonly identifiers: readonly string[];
  readonly immutable: boolean;
}

/**
 * Reads the ancestors of a resource. The chain ends below one that is a tombstone or that the
 * caller may not see.
 *
 * @throws AppError `not_found` when the resource is unknown, invisible or a tombstone.
 */
export async function readParents(
  readContext: ReadContext,
  principal: Principal,
  identifier: string,
  asOf: AsOf,
): Promise<Parents> {
  const { meta, value } = await readView(readContext, principal, asOf, (view) =>
    chain(view, identifier),
  );
  const found = JSON.parse(value) as readonly (readonly [number, string])[];
  if (found.length === 0) throw notFound(identifier, "identifier");
  const above = found.filter(([distance]) => distance > 0).toSorted(([a], [b]) => a - b);
  return { identifiers: above.map(([, each]) => each), immutable: isPast(asOf, meta) };
}
