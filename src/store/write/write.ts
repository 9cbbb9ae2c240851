/** The one write path: load, plan (pure), one batch; planned again after a lost race. */
import type { InstantMicros } from "../../model/time.ts";
import type { Receipt, WriteRequest } from "../../model/transaction.ts";
import type { Principal } from "../../identity/principal.ts";
import type { Registry } from "../../schema/type.ts";
import type { DatabaseRow, Session } from "../database.ts";
import type { InTurn } from "../queue.ts";
import { withRetries } from "../retry.ts";
import { commitStatements, isIdle } from "./commit.ts";
import { load } from "./load.ts";
import { plan, type Plan } from "./plan.ts";
import { candidatesOf } from "./register.ts";

/** What a write needs from its surroundings. */
export interface Writing {
  readonly session: Session;
  readonly now: () => InstantMicros;
  /** Where writes that lost a race wait for each other instead of losing again. */
  readonly inTurn: InTurn;
  /** The registry of the given version, fetched when the isolate does not have it. */
  readonly registryAt: (version: number) => Promise<Registry>;
}

const unchanged = (planned: Plan): Receipt => ({
  transaction: null,
  recordedAt: null,
  ...planned.counts,
  identifiers: planned.identifiers,
  replayed: false,
});

interface Attempt {
  /** Last transaction seen, when the outcome of a batch is unknown. */
  since: number | null;
  planned: Plan | null;
  /** How many batches were tried before. */
  batches: number;
}

/** How many names beyond a failed attempt's own are looked up in all; four times more each time. */
const SUSPECTS_BASE = 64;

const suspectsOf = ({ planned, batches }: Attempt): readonly string[] => {
  const last = new Map(planned?.allocations.map((each) => [each.scope, each]));
  const beyond = Math.ceil((SUSPECTS_BASE * 4 ** batches) / Math.max(1, last.size));
  return [
    ...(planned?.allocations.map((each) => each.identifier) ?? []),
    ...[...last.values()].flatMap(({ payloadType, scope, number }) =>
      candidatesOf(payloadType, scope, number + 1, beyond),
    ),
  ];
};

const committedReceipt = (
  planned: Plan,
  row: { readonly id: number; readonly recorded_at: number },
): Receipt => ({ ...unchanged(planned), transaction: row.id, recordedAt: row.recorded_at });

const tryOnce = async (
  writing: Writing,
  principal: Principal,
  request: WriteRequest,
  attempt: Attempt,
): Promise<Receipt> => {
  const now = writing.now();
  const loaded = await load(writing.session, principal, request, {
    since: attempt.since,
    now,
    suspects: suspectsOf(attempt),
  });
  if (loaded.committed !== null && attempt.planned !== null) {
    return committedReceipt(attempt.planned, loaded.committed);
  }
  if (loaded.earlier !== null) {
    return { ...(JSON.parse(loaded.earlier) as Receipt), replayed: true };
  }
  const registry = await writing.registryAt(loaded.meta.registryVersion);
  const planned = plan(loaded, registry, request);
  const receipt = unchanged(planned);
  const statements = commitStatements(planned, receipt, {
    principal: loaded.principal,
    context: request.context,
    registry,
    now,
  });
  if (statements.length === 0) return receipt;
  attempt.since = loaded.meta.transaction;
  attempt.planned = planned;
  attempt.batches += 1;
  const results: readonly DatabaseRow[][] = await writing.session.batch(statements);
  if (isIdle(planned)) return receipt;
  const row = results.at(-1)?.[0] as unknown as { id: number; recorded_at: number };
  return committedReceipt(planned, row);
};

/**
 * Applies all changes of a request or none of them.
 *
 * @throws AppError naming every bad element; `conflict` when other writers won five times in a row;
 *   `unavailable` when the database could not be reached.
 */
export const write = (
  writing: Writing,
  principal: Principal,
  request: WriteRequest,
): Promise<Receipt> => {
  const attempt: Attempt = { since: null, planned: null, batches: 0 };
  return withRetries(writing.inTurn, () => tryOnce(writing, principal, request, attempt));
};
