/** Indexes that admins have added, built some rows at a time. */
import { type Budget, buildIndexes, openSession } from "../store/index.ts";

/** One run of the Cron Trigger: some batches, so that other calls get their turn between them. */
const PACE = { batchesMax: 60, millisMax: 10_000 };

/** Statements of a batch, at most, and of what is read before the first and after each index. */
const BATCH_STATEMENTS = 12;

/** Continues where the last run stopped. */
export async function buildSome(env: Env, turn: Budget): Promise<void> {
  const batchesMax = Math.min(PACE.batchesMax, Math.floor(turn.statementsLeft / BATCH_STATEMENTS));
  if (batchesMax < 1) return;
  await buildIndexes(openSession(env.DB, "first-primary", turn), { ...PACE, batchesMax });
}
