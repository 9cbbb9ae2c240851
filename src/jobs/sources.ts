/** New revisions of datasets whose schedule is due. */
import { configOf } from "../config.ts";
import { delegateOf } from "../identity/principal.ts";
import { refreshPipelines } from "../objects/pipelines/refresh.ts";
import { openSession } from "../store/database.ts";
import { scheduleDecision } from "../store/sources/revise.ts";
import { dueDatasets } from "../store/sources/work.ts";
import { createMemory, openStore, type Store } from "../store/store.ts";

const nowMicros = (): number => Date.now() * 1_000;

const storeOf = (env: Env, requestId: string): Store =>
  openStore({
    database: env.DB,
    memory: createMemory(),
    now: nowMicros,
    openness: { publicRead: configOf(env).publicRead },
    trail: () => ({ requestId, route: "job sources" }),
  });

/** What went wrong with one dataset keeps no other from its turn. */
const logFailure = (job: string, error: unknown): void => {
  const name = error instanceof Error ? error.name : typeof error;
  console.error(JSON.stringify({ level: "error", job, name }));
};

/**
 * Makes a new revision of each dataset whose schedule is due. Twice in one minute it finds nothing
 * more to do: a dataset is due once.
 */
export const reviseDue = async (env: Env): Promise<void> => {
  const { pipelinesUrl } = configOf(env);
  const session = openSession(env.DB, "first-primary");
  const due = await dueDatasets(session, nowMicros());
  if (due.length === 0) return;
  const store = storeOf(env, crypto.randomUUID());
  let made = 0;
  for (const { identifier, ownerId } of due) {
    const context = { surface: "sources", operation: "schedule", requestId: crypto.randomUUID() };
    const decision = scheduleDecision(identifier, pipelinesUrl === null);
    try {
      const receipt = await store.write(delegateOf(ownerId), { context, decision });
      made += receipt.created;
    } catch (error) {
      logFailure("source schedule", error);
    }
  }
  if (pipelinesUrl === null || made === 0) return;
  const isTold = await refreshPipelines(pipelinesUrl);
  if (!isTold) logFailure("source schedule", new Error("The pipelines service was not reached."));
};
