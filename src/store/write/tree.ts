/** Statements that keep the tree sound: restriction of subtrees, no orphans. */
import { jsonChunks } from "../chunks.ts";
import type { Principal } from "../../identity/principal.ts";
import { sql, type Sql } from "../sql.ts";
import { maySee, sightOf } from "../visible.ts";
import type { Draft } from "./draft.ts";
import type { Plan } from "./plan.ts";

const rid = (draft: Draft): number => draft.before?.rid ?? 0;

/** Works out anew which rows of the moved or regraded subtrees are restricted, by walking up. */
export const regrade = (plan: Plan): readonly Sql[] => {
  const roots = jsonChunks(plan.regraded.map(rid));
  const below = (text: string): Sql => sql`WITH RECURSIVE down(rid, identifier) AS (
      SELECT r.rid, r.identifier FROM json_each(${text}) j CROSS JOIN resources r ON r.rid = j.value
      UNION
      SELECT r.rid, r.identifier FROM down CROSS JOIN resources r ON r.parent_identifier = down.identifier)`;
  return roots.flatMap(({ text }) => [
    sql`DELETE FROM restricted WHERE rid IN (${below(text)} SELECT rid FROM down)`,
    sql`${below(text)} INSERT INTO restricted (rid) SELECT d.rid FROM down d WHERE EXISTS (
      WITH RECURSIVE up(parent, level) AS (
        SELECT a.parent_identifier, a.access_level FROM resources a WHERE a.rid = d.rid
        UNION
        SELECT p.parent_identifier, p.access_level FROM up CROSS JOIN resources p ON p.identifier = up.parent)
      SELECT 1 FROM up WHERE level = 'restricted')`,
  ]);
};

/** A child that came in since the subtree was loaded must not be left behind. */
export const refuseOrphans = (plan: Plan, principal: Principal): readonly Sql[] =>
  jsonChunks(plan.cascaded.map(rid)).map(
    ({ text }) => sql`INSERT INTO guard (stale) SELECT EXISTS (SELECT 1 FROM json_each(${text}) j
      CROSS JOIN resources r ON r.rid = j.value
      CROSS JOIN resources c ON c.parent_identifier = r.identifier AND c.is_deleted = 0
      WHERE ${maySee(sightOf(principal), "c.rid")})`,
  );
