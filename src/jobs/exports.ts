/** Exports that were stopped are begun anew. */
import { configOf } from "../config.ts";
import { runExport } from "../objects/export/run.ts";
import {
  Budget,
  createMemory,
  openSession,
  openStore,
  stalledExports,
  WORK_BOUNDS,
} from "../store/index.ts";

const nowMicros = (): number => Date.now() * 1_000;

/** Works on exports that were ordered and stopped, one after another, while a whole one fits. */
export const resumeExports = async (env: Env, turn: Budget): Promise<void> => {
  const session = openSession(env.DB, "first-primary", turn);
  const { publicRead, s3Bucket } = configOf(env);
  for (const id of await stalledExports(session, nowMicros())) {
    if (turn.statementsLeft < WORK_BOUNDS.statements) return;
    const store = openStore({
      database: env.DB,
      memory: createMemory(),
      now: nowMicros,
      openness: { publicRead },
      bucket: s3Bucket,
      trail: () => ({ requestId: id, route: "job exports" }),
      budget: new Budget(WORK_BOUNDS, turn),
    });
    await runExport(store, env.BUCKET, id);
  }
};
