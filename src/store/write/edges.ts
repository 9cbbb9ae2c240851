import { jsonChunks } from "../sql/chunks.ts";
import { insertInto } from "../sql/columns.ts";
import { sql, type Sql } from "../sql/template.ts";
import { edges } from "../tables/core.ts";
import type { Draft } from "./draft.ts";
import type { Plan } from "./plan.ts";

/** The beginning of every statement that opens edges. */
export const EDGES = insertInto(
  edges,
  "kind",
  "target",
  "source",
  "tx_from",
  "tx_to",
  "visibility",
);

/** True when a resource gets other sources than are stored. */
export function hasNewSources(draft: Draft): boolean {
  const after = draft.derivedFrom.length === 0 ? null : JSON.stringify(draft.derivedFrom);
  return after !== draft.before?.derived_from;
}

/** Keeps the edges of the derivation graph equal to the `derived_from` lists, versioned. */
export function originEdges(plan: Plan, transaction: Sql, firstRid: Sql): readonly Sql[] {
  const opened = (rows: Sql): Sql => sql`${EDGES}
    SELECT 'derived_from', r.identifier, d.value, ${transaction}, NULL, r.visibility ${rows}
    CROSS JOIN json_each(r.derived_from) d WHERE r.derived_from IS NOT NULL`;
  const fresh = plan.created.some((draft) => draft.derivedFrom.length > 0)
    ? [opened(sql`FROM (SELECT * FROM resources WHERE rid >= ${firstRid}) r`)]
    : [];
  const rids = [...plan.updated, ...plan.deleted].flatMap((draft) =>
    draft.before !== null && hasNewSources(draft) ? [draft.before.rid] : [],
  );
  return [
    ...fresh,
    ...jsonChunks(rids).flatMap(({ text }) => [
      sql`UPDATE edges SET tx_to = ${transaction} WHERE kind = 'derived_from' AND tx_to IS NULL
        AND target IN (SELECT r.identifier FROM json_each(${text}) j CROSS JOIN resources r ON r.rid = j.value)`,
      opened(sql`FROM json_each(${text}) j CROSS JOIN resources r ON r.rid = j.value`),
    ]),
  ];
}
