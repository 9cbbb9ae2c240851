/** Closure, counts and statistics of the tree, brought up to date with what has changed. */
import { type Budget, openSession, refreshRollups } from "../store/index.ts";

/** One run of the Cron Trigger: some steps, so that other calls get their turn between them. */
const PACE = { callsMax: 150, millisMax: 10_000 };

/** Statements of a call, at most. */
const CALL_STATEMENTS = 15;

/** Continues where the last run stopped. */
export async function refreshSome(env: Env, turn: Budget): Promise<void> {
  const callsMax = Math.min(PACE.callsMax, Math.floor(turn.statementsLeft / CALL_STATEMENTS));
  if (callsMax < 1) return;
  await refreshRollups(openSession(env.DB, "first-primary", turn), { ...PACE, callsMax });
}
