/** Restarts interrupted exports. */
import { openJobStore } from "./store.ts";
import { nowMicros } from "../model/time.ts";
import { configOf } from "../config.ts";
import { runExport } from "../objects/export/run.ts";
import { openBucket } from "../objects/open.ts";
import { Budget, openSession, stalledExports, WORK_BOUNDS } from "../store/index.ts";

/**
 * Works on ordered and interrupted exports, one after another, as long as the budget has room for a
 * whole one.
 */
export async function resumeExports(env: Env, turn: Budget): Promise<void> {
  const session = openSession(env.DB, "first-primary", turn);
  for (const id of await stalledExports(session, nowMicros())) {
    if (turn.statementsLeft < WORK_BOUNDS.statements) return;
    const budget = new Budget(WORK_BOUNDS, turn);
    const store = openJobStore(env, { job: "exports", requestId: id }, budget);
    await runExport(store, openBucket(env, configOf(env)), id);
  }
}
