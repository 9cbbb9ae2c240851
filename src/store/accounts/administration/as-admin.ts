/** How admins read and change accounts, keys and policies: one authorized read, then one batch. */
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

/** What the calls of admins need. */
export interface AdminContext {
  readonly session: Session;
  readonly now: () => InstantMicros;
  readonly auditContext: () => AuditContext;
}

/** One page of a list, by id. */
export interface Page {
  /** The page starts after this id. */
  readonly after?: string;
  readonly limit: number;
}

/** Runs a read for an admin. @throws AppError `forbidden` for other callers. */
export async function readAsAdmin<Row>(
  { session }: AdminContext,
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

/** Conditions of a guard: the caller is no longer an admin. */
const guardsOf = (caller: Principal): readonly Sql[] => {
  const known = lastKnown.get(caller);
  return known === undefined ? [] : refuseWhen(authGuards(caller, known.authEpoch));
};

/**
 * Runs the batch of an authorized admin. It is audited if the first statement changed a row.
 *
 * @returns the rows of the first statement.
 * @throws AppError `unavailable` when the admin's rights have changed since the authorization.
 */
export async function writeAsAdmin<Row>(
  { session, auditContext }: AdminContext,
  caller: Principal,
  operation: string,
  [first, ...others]: readonly [Statement<Row>, ...Sql[]],
): Promise<readonly Row[]> {
  const record = recordChange(caller.id, auditContext(), operation);
  // The guards come first, because the change may concern the caller's own role.
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
