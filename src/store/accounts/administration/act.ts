/** How admins act on accounts, keys and policies: one call that finds and allows, one batch. */
import { authorize } from "../../../identity/policy.ts";
import type { Principal } from "../../../identity/principal.ts";
import { AppError } from "../../../model/error.ts";
import type { InstantMicros } from "../../../model/time.ts";
import { recordChange, type AuditContext } from "../../audit/audit.ts";
import { lastKnown, authGuards } from "../auth-state.ts";
import { isConflict, type Session } from "../../sql/session.ts";
import { readWithMeta } from "../../read/meta.ts";
import { raw, type Sql, type Statement } from "../../sql/template.ts";
import { refuseWhen } from "../../write/guard.ts";

/** What administration stands on. */
export interface Administering {
  readonly session: Session;
  readonly now: () => InstantMicros;
  readonly auditContext: () => AuditContext;
}

/** One page of a list, by id. */
export interface Page {
  /** The id after which it begins. */
  readonly after?: string;
  readonly limit: number;
}

/** Answers rows to an admin. @throws AppError `forbidden` for everybody else. */
export async function ask<Row>(
  { session }: Administering,
  principal: Principal,
  statement: Statement<Row>,
): Promise<{ readonly rows: readonly Row[]; readonly caller: Principal }> {
  const answer = await readWithMeta(session, principal, (caller) => {
    authorize(caller, "administer", "*");
    return [statement];
  });
  return { rows: answer.results[0], caller: answer.principal };
}

/** The addressed account, key or policy does not exist. */
export function notFound(what: string): AppError {
  return new AppError("not_found", `${what} not found`);
}

/** Conditions of a guard: the admin is none any more. */
const guardsOf = (caller: Principal): readonly Sql[] => {
  const known = lastKnown.get(caller);
  return known === undefined ? [] : refuseWhen(authGuards(caller, known.authEpoch));
};

/**
 * Does what an admin was allowed to do. The audit has it if the first statement changed anything.
 *
 * @returns the rows that the first statement answers.
 * @throws AppError `unavailable` when the admin's own rights have changed since.
 */
export async function act<Row>(
  { session, auditContext }: Administering,
  caller: Principal,
  operation: string,
  [first, ...others]: readonly [Statement<Row>, ...Sql[]],
): Promise<readonly Row[]> {
  const record = recordChange(caller.id, auditContext(), operation);
  // Before the change: that may be one of the caller's own role.
  const guards = guardsOf(caller);
  const statements: readonly Statement<Row>[] = [
    ...guards,
    first,
    record,
    ...others,
    raw("DELETE FROM guard"),
  ];
  try {
    return (await session.batch(statements))[guards.length] ?? [];
  } catch (error) {
    if (!isConflict(error)) throw error;
    throw new AppError("unavailable", "Your rights have changed meanwhile; try again.", {
      cause: error,
      retryAfterSeconds: 1,
    });
  }
}
