/** What the caller of a write was shown when it was planned: it has to be shown that still when it is done. */
import { isUnbound, type Principal } from "../../identity/principal.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { rowsOfLinked } from "../read/related.ts";
import { raw, sql, type Sql } from "../sql/template.ts";
import { maySee, resourceRow, visibilityOf } from "../visibility/visible.ts";
import type { Loaded } from "./load.ts";

/** The stored resources that a plan was made on as far as the caller saw them; none for who sees all. */
export function seenOf({ principal, rows, sources, linked }: Loaded): readonly string[] {
  if (isUnbound(principal)) return [];
  const seen = [...rows.values()].filter((row) => row.is_visible === 1);
  const named = [...seen, ...rowsOfLinked(linked)].map(({ identifier }) => identifier);
  return [...new Set([...named, ...sources])];
}

/**
 * Conditions of a guard: the caller does not see one of them any more, because a grant was taken back or
 * something was restricted. They are looked at only where something was written since the load.
 */
export function seenGuards(
  principal: Principal,
  seen: readonly string[],
  since: number,
): readonly Sql[] {
  return jsonChunks(seen).map(
    ({ text }) => sql`CASE WHEN (SELECT max(t.id) FROM transactions t) > ${raw(String(since))}
      THEN EXISTS (SELECT 1 FROM json_each(${text}) j
        CROSS JOIN resources r ON r.identifier = j.value
        WHERE NOT ${maySee(visibilityOf(principal), resourceRow("r"))}) ELSE 0 END`,
  );
}
