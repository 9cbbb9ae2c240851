/**
 * What resources are made from, as far as it is restricted: whatever they have been derived from, be
 * it no more. What is open is not looked behind, since everybody sees it.
 */
import { isUnbound, type Principal } from "../../identity/principal.ts";
import { LIMITS } from "../../model/limits.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { isRestricted, maySee, resourceRow, visibilityOf } from "../visibility/visible.ts";
import type { InputRow } from "./load-rows.ts";
import type { RightsView } from "./object-rights.ts";

/** A resource from which a walk over inputs starts. */
export interface InputStart {
  readonly identifier: string;
  /** True: a source that the request names, and not what it changes. */
  readonly isSource: boolean;
}

/** A stored resource that something is made from. */
export interface InputNode {
  readonly isRestricted: boolean;
  /** True: it is the caller's own, or everything that restricts it is. */
  readonly isLiftable: boolean;
  /** Everything that it has ever been derived from. */
  readonly sources: readonly string[];
}

/** What is known of the inputs of a write. */
export interface Inputs {
  readonly nodes: ReadonlyMap<string, InputNode>;
  /** False when there are more than one write looks at. */
  readonly isWhole: boolean;
}

const MOST = LIMITS.derivationsReadMax;
const ROW = resourceRow("r");

const isLiftable = ({ id }: Principal): Sql =>
  sql`(r.owner = ${id} OR NOT EXISTS (
    WITH RECURSIVE up(level, owner, above) AS (
      SELECT r.access_level, r.owner, r.parent_identifier
      UNION ALL SELECT p.access_level, p.owner, p.parent_identifier
        FROM up CROSS JOIN resources p ON p.identifier = up.above)
    SELECT 1 FROM up WHERE up.level = 'restricted' AND up.owner <> ${id}))`;

/**
 * The statements of inputs, from what the caller sees of the starts: the others are refused as unknown,
 * and nothing may be told of them. None for whom inputs do not bind.
 */
export function inputStatements(
  { principal, closed }: RightsView,
  starts: readonly InputStart[],
): readonly Statement<InputRow>[] {
  if (isUnbound(principal)) return [];
  const packed = starts.map(({ identifier, isSource }) => [identifier, isSource ? 0 : 1]);
  return jsonChunks(packed).map(
    ({ text }) => sql`WITH RECURSIVE reached(identifier, is_start) AS (
        SELECT j.value->>0, j.value->>1 FROM json_each(${text}) j
        CROSS JOIN resources r ON r.identifier = j.value->>0
        WHERE ${maySee(visibilityOf(principal, closed), ROW)}
        UNION
        SELECT e.source, 0 FROM reached
        CROSS JOIN resources r ON r.identifier = reached.identifier
          AND (reached.is_start = 1 OR r.visibility = 2)
        CROSS JOIN edges e ON e.kind = 'derived_from' AND e.target = reached.identifier
        LIMIT ${raw(String(MOST + 1))})
      SELECT r.identifier, ${isRestricted(ROW)} AS is_restricted,
        CASE WHEN ${isRestricted(ROW)} THEN ${isLiftable(principal)} ELSE 1 END AS is_liftable,
        (SELECT json_group_array(DISTINCT e.source) FROM edges e
          WHERE e.kind = 'derived_from' AND e.target = r.identifier) AS sources
      FROM reached CROSS JOIN resources r ON r.identifier = reached.identifier
      WHERE reached.is_start = 1 OR r.visibility = 2`,
  );
}

/** The inputs, from the rows of those statements. */
export function readInputs(rows: readonly InputRow[]): Inputs {
  return {
    nodes: new Map(
      rows.map((row) => [
        row.identifier,
        {
          isRestricted: row.is_restricted === 1,
          isLiftable: row.is_liftable === 1,
          sources: JSON.parse(row.sources) as readonly string[],
        },
      ]),
    ),
    isWhole: rows.length <= MOST,
  };
}

/**
 * Conditions of a guard: an input has become restricted since the plan looked at it, or something
 * restricted was derived from something else.
 */
export function inputGuards(
  relied: readonly (readonly [identifier: string, wasRestricted: boolean])[],
  since: number,
): readonly Sql[] {
  return jsonChunks(relied.map(([identifier, was]) => [identifier, was ? 1 : 0])).map(
    ({ text }) => sql`EXISTS (SELECT 1 FROM json_each(${text}) j
      CROSS JOIN resources r ON r.identifier = j.value->>0
      WHERE (r.visibility = 2) > j.value->>1
        OR (j.value->>1 = 1 AND r.tx_from > ${raw(String(since))}))`,
  );
}
