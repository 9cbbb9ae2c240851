/** Which payload types lie below what a write makes restricted, or opens. */
import type { DatabaseRow } from "../database.ts";
import { sql, type Sql } from "../sql.ts";

/**
 * The statement of the payload types in the subtree of each row whose new level or place makes it
 * restricted, or open.
 *
 * @param text JSON array of the rows: see `Needs.reclassified`.
 */
export const typeRows = (text: string): Sql => sql`
  WITH RECURSIVE down(root, identifier, payload_type) AS (
    SELECT r.identifier, r.identifier, r.payload_type FROM json_each(${text}) j
    CROSS JOIN resources r ON r.identifier = j.value->>0
    WHERE (j.value->>1 = 'restricted') <> (r.access_level = 'restricted')
      OR (j.value->>2 IS NOT NULL AND r.parent_identifier IS NOT j.value->>'$[2][0]' AND (r.visibility = 2
        OR (SELECT p.visibility FROM resources p WHERE p.identifier = j.value->>'$[2][0]') = 2))
    UNION
    SELECT down.root, c.identifier, c.payload_type FROM down
    CROSS JOIN resources c ON c.parent_identifier = down.identifier)
  SELECT DISTINCT root, payload_type FROM down`;

/** Payload types by the identifiers of those rows. */
export const readTypes = (rows: readonly DatabaseRow[]): ReadonlyMap<string, readonly string[]> => {
  const found = Map.groupBy(rows, ({ root }) => root as string);
  return new Map(
    [...found].map(([root, own]) => [root, own.map((row) => String(row["payload_type"]))]),
  );
};
