/** The groups and projects that somebody belongs to, for that person to see. */
import { subjectOf, type Principal } from "../../identity/principal.ts";
import { readPresent } from "./meta.ts";
import type { ReadContext } from "./read-context.ts";
import { sql, type Statement } from "../sql/template.ts";

/** A group or project that somebody belongs to. */
export interface Membership {
  readonly kind: "group" | "project";
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
}

const statement = (subject: string): Statement<Membership> => sql`
  WITH own(container) AS MATERIALIZED (
    SELECT m."f_container_id" FROM x_membership m
    WHERE m."f_member_id" = ${subject} AND m."f_member_type" = 'user'),
  every(container) AS (
    SELECT container FROM own
    UNION
    SELECT m."f_container_id" FROM own
    CROSS JOIN resources g ON g.identifier = own.container AND g.is_deleted = 0
    CROSS JOIN x_membership m ON m."f_member_id" = g.identifier
    WHERE g.payload_type = 'group' AND m."f_member_type" = 'group')
  SELECT r.payload_type AS kind, r.identifier AS id, r.payload->>'$.name' AS name,
    r.payload->>'$.description' AS description
  FROM every CROSS JOIN resources r ON r.identifier = every.container
  WHERE r.is_deleted = 0 AND r.payload_type IN ('group', 'project') ORDER BY r.rid`;

/**
 * The live groups and projects of the caller: directly, or through a group, each once.
 *
 * @throws AppError `unauthenticated` when the token is void.
 */
export async function readMemberships(
  readContext: ReadContext,
  principal: Principal,
): Promise<readonly Membership[]> {
  const subject = principal.kind === "user" ? subjectOf(principal) : "";
  const answer = await readPresent(readContext, principal, () => [statement(subject)]);
  return answer.results[0];
}
