import { join, sql, type Sql } from "../sql/template.ts";

/** Each condition has a parameter or a few, of which a statement takes 100. */
const AT_ONCE = 40;

/** Statements that undo the batch when one of the conditions holds; as a rule it is one. */
export function refuseWhen(conditions: readonly Sql[]): readonly Sql[] {
  return Array.from({ length: Math.ceil(conditions.length / AT_ONCE) }, (_, at) => {
    const some = conditions.slice(at * AT_ONCE, (at + 1) * AT_ONCE);
    return sql`INSERT INTO guard (stale) SELECT ${join(some, " OR ")}`;
  });
}
