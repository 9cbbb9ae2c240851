/** What lies below what a write makes restricted, or opens: how much, and of which payload types. */
import { LIMITS } from "../../model/limits.ts";
import type { DatabaseRow } from "../database.ts";
import { raw, sql, type Sql } from "../sql.ts";

/** What is known of the subtree of a row, the row included and others that change left out. */
export interface Subtree {
  readonly types: readonly string[];
  readonly resources: number;
}

const MOST = raw(String(LIMITS.reclassifiedMax + 1));

/**
 * The statement of the payload types in the subtree of each row whose new level or place makes it
 * restricted, or open; it ends above too many rows. A row below another of these is counted with that
 * one alone. The lowest go first, and of each parent no more children are taken than are looked at.
 *
 * @param text JSON array of the rows: see `Needs.reclassified`.
 */
export const typeRows = (text: string): Sql => sql`
  WITH RECURSIVE roots(rid, identifier, payload_type) AS MATERIALIZED (
    SELECT r.rid, r.identifier, r.payload_type FROM json_each(${text}) j
    CROSS JOIN resources r ON r.identifier = j.value->>0
    WHERE (j.value->>1 = 'restricted') <> (r.access_level = 'restricted')
      OR (j.value->>2 IS NOT NULL AND r.parent_identifier IS NOT j.value->>'$[2][0]' AND (r.visibility = 2
        OR (SELECT p.visibility FROM resources p WHERE p.identifier = j.value->>'$[2][0]') = 2))),
  down(root, identifier, payload_type, level) AS (
    SELECT identifier, identifier, payload_type, 0 FROM roots
    UNION ALL
    SELECT down.root, c.identifier, c.payload_type, down.level - 1 FROM down
    CROSS JOIN resources c ON c.rid IN (SELECT k.rid FROM resources k
      WHERE k.parent_identifier = down.identifier LIMIT ${MOST})
    WHERE c.rid NOT IN (SELECT rid FROM roots)
    ORDER BY 4 LIMIT ${MOST})
  SELECT root, payload_type, count(*) AS resources FROM down GROUP BY root, payload_type`;

/** The subtrees by the identifiers of those rows. */
export const readTypes = (rows: readonly DatabaseRow[]): ReadonlyMap<string, Subtree> => {
  const found = Map.groupBy(rows, ({ root }) => root as string);
  return new Map(
    [...found].map(([root, own]) => [
      root,
      {
        types: own.map((row) => String(row["payload_type"])),
        resources: own.reduce((sum, row) => sum + Number(row["resources"]), 0),
      },
    ]),
  );
};
