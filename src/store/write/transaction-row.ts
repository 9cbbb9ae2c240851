/** The row of a write in the table of transactions. */
import type { Principal } from "../../identity/principal.ts";
import { transactionRequest, type WriteContext } from "../../model/transaction.ts";
import { NEXT_INSTANT } from "../sql/clock.ts";
import { insertInto } from "../sql/columns.ts";
import { sql, type Sql } from "../sql/template.ts";
import { transactions } from "../tables/core.ts";
import type { Plan } from "./plan.ts";

const TRANSACTIONS = insertInto(
  transactions,
  "recorded_at",
  "principal",
  "surface",
  "operation",
  "request_id",
  "resources",
  "first_rid",
  "created",
  "changed",
  "route",
  "reason",
);

/** The statement of the transaction that a plan is committed as. */
export function transactionRow(plan: Plan, principal: Principal, context: WriteContext): Sql {
  const changed = [...plan.updated, ...plan.deleted].map((draft) => draft.before?.rid ?? 0);
  return sql`${TRANSACTIONS}
    SELECT ${NEXT_INSTANT},
      ${principal.id}, ${context.surface}, ${context.operation}, ${transactionRequest(context)},
      ${changed.length + plan.created.length},
      coalesce((SELECT max(rid) FROM resources), 0) + 1, ${plan.created.length}, ${JSON.stringify(changed)},
      ${context.route ?? ""}, ${context.reason ?? null}`;
}
