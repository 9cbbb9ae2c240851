/** Policies: the rights of subjects beyond those of their role. */
import { eq } from "drizzle-orm";
import type { PolicyAction, Principal } from "../../../identity/principal.ts";
import type { InstantMicros } from "../../../model/time.ts";
import { built, db } from "../../sql/builder.ts";
import { columnsOf, computed, insertInto, select, type RowOfColumns } from "../../sql/columns.ts";
import { raw, sql, type Sql } from "../../sql/template.ts";
import { policies, policySubjects } from "../../tables/core.ts";
import { writeAsAdmin, readAsAdmin, notFound, type AdminContext, type Page } from "./as-admin.ts";

/** A policy as it is stored. */
export interface Policy {
  /** UUID. */
  readonly id: string;
  readonly description: string | null;
  /** `apk:<key>`, `user:<id>` or `role:<role>`. */
  readonly subjects: readonly string[];
  readonly payloadTypes: readonly string[];
  readonly actions: readonly PolicyAction[];
  readonly ownerOnly: boolean;
}

const SUBJECTS = insertInto(policySubjects, "subject", "policy");

/** The statements that add a policy. */
export function additionOf(
  policy: Policy,
  principal: Principal,
  now: InstantMicros,
): readonly [Sql, Sql] {
  return [
    built(
      db.insert(policies).values({
        id: policy.id,
        description: policy.description,
        payload_types: JSON.stringify(policy.payloadTypes),
        actions: JSON.stringify(policy.actions),
        owner_only: policy.ownerOnly ? 1 : 0,
        created_at: now,
        created_by: principal.id,
      }),
    ),
    sql`${SUBJECTS}
    SELECT DISTINCT value, ${policy.id} FROM json_each(${JSON.stringify(policy.subjects)}) WHERE true`,
  ];
}

/** The statements that remove a subject from all policies, and delete policies without other subjects. */
export function forgetSubject(subject: string): readonly Sql[] {
  return [
    sql`DELETE FROM policies WHERE id IN (SELECT s.policy FROM policy_subjects s
      WHERE s.subject = ${subject})
    AND NOT EXISTS (SELECT 1 FROM policy_subjects o WHERE o.policy = policies.id
      AND o.subject <> ${subject})`,
    built(db.delete(policySubjects).where(eq(policySubjects.subject, subject))),
  ];
}

const STORED = {
  ...columnsOf(policies, "id", "description", "payload_types", "actions", "owner_only"),
  subjects: computed<string>(
    raw(`(SELECT json_group_array(s.subject ORDER BY s.subject) FROM policy_subjects s
      WHERE s.policy = p.id)`),
  ),
};

/** A policy from its row: its lists are JSON. */
const policyOf = (row: RowOfColumns<typeof STORED>): Policy => ({
  id: row.id,
  description: row.description,
  subjects: JSON.parse(row.subjects) as string[],
  payloadTypes: JSON.parse(row.payload_types) as string[],
  actions: JSON.parse(row.actions) as PolicyAction[],
  ownerOnly: row.owner_only === 1,
});

/** A page of all policies. */
export async function listPolicies(
  context: AdminContext,
  principal: Principal,
  { after = "", limit }: Page,
): Promise<readonly Policy[]> {
  const { rows } = await readAsAdmin(
    context,
    principal,
    select(STORED, "p")`FROM policies p WHERE p.id > ${after}
      ORDER BY p.id LIMIT CAST(${limit} AS INTEGER)`,
  );
  return rows.map(policyOf);
}

/** Adds a policy; it takes effect with the next request of its subjects. */
export async function createPolicy(
  context: AdminContext,
  principal: Principal,
  policy: Policy,
): Promise<void> {
  const { caller } = await readAsAdmin(context, principal, raw("SELECT 1"));
  const statements = additionOf(policy, caller, context.now());
  await writeAsAdmin(context, caller, "create policy", statements);
}

/** Removes a policy. @throws AppError `not_found`. */
export async function removePolicy(
  context: AdminContext,
  principal: Principal,
  id: string,
): Promise<void> {
  const { caller } = await readAsAdmin(context, principal, raw("SELECT 1"));
  const removed = await writeAsAdmin(context, caller, "delete policy", [
    built(db.delete(policies).where(eq(policies.id, id)).returning(columnsOf(policies, "id"))),
    built(db.delete(policySubjects).where(eq(policySubjects.policy, id))),
  ]);
  if (removed.length === 0) throw notFound("Policy");
}
