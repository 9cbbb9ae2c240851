/** Statements that keep the tree sound: no orphans. */
import { jsonChunks } from "../sql/chunks.ts";
import type { Principal } from "../../identity/principal.ts";
import { eachChild } from "../read/children.ts";
import { raw, sql, type Sql } from "../sql/template.ts";
import { visibilityOf } from "../visibility/visible.ts";
import type { Draft } from "./draft.ts";
import type { Plan } from "./plan.ts";

const rid = (draft: Draft): number => draft.before?.rid ?? 0;

/** A child that came in since the subtree was loaded must not be left behind. */
export function refuseOrphans(plan: Plan, principal: Principal): readonly Sql[] {
  return jsonChunks(plan.cascaded.map(rid)).map(({ text }) => {
    const view = { visibility: visibilityOf(principal), snapshot: null };
    const children = eachChild(
      view,
      raw("r.identifier"),
      (table, where) => sql`SELECT 1 FROM json_each(${text}) j
        CROSS JOIN resources r ON r.rid = j.value CROSS JOIN ${table} WHERE ${where}`,
    );
    return sql`INSERT INTO guard (stale) SELECT EXISTS (${children})`;
  });
}
