import { jsonChunks } from "../chunks.ts";
import { sql, type Sql } from "../sql.ts";
import type { Draft } from "./draft.ts";
import type { Plan } from "./plan.ts";

const hasNewSources = (draft: Draft): boolean => {
  const after = draft.derivedFrom.length === 0 ? null : JSON.stringify(draft.derivedFrom);
  return after !== draft.before?.derived_from;
};

/** Keeps the edges of the derivation graph equal to the `derived_from` lists, versioned. */
export const originEdges = (plan: Plan, transaction: Sql, firstRid: Sql): readonly Sql[] => {
  const opened = (rows: Sql): Sql => sql`INSERT INTO edges (kind, target, source, tx_from, tx_to)
    SELECT 'derived_from', r.identifier, d.value, ${transaction}, NULL ${rows}
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
};

/** Two derivations at once could each be fine and together a cycle: looked for after the writes. */
export const refuseDerivationCycles = (plan: Plan): readonly Sql[] => {
  const rids = plan.updated.flatMap((draft) =>
    draft.before !== null && draft.derivedFrom.length > 0 && hasNewSources(draft)
      ? [draft.before.rid]
      : [],
  );
  return jsonChunks(rids).map(
    ({ text }) => sql`INSERT INTO guard (stale) SELECT EXISTS (
      WITH RECURSIVE up(start, identifier) AS (
        SELECT r.identifier, d.value FROM json_each(${text}) j
        CROSS JOIN resources r ON r.rid = j.value CROSS JOIN json_each(r.derived_from) d
        UNION
        SELECT up.start, e.source FROM up
        CROSS JOIN edges e ON e.kind = 'derived_from' AND e.target = up.identifier AND e.tx_to IS NULL)
      SELECT 1 FROM up WHERE start = identifier)`,
  );
};
