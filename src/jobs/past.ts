/** The values that resources have had in indexed fields, brought up to date with what was written. */
import type { Principal } from "../identity/principal.ts";
import { advancePast, type Budget, openSession } from "../store/index.ts";
import { openJobStore } from "./store.ts";

const SYSTEM: Principal = { kind: "system", id: "system:past", role: null };

/** One run of the Cron Trigger: some steps, so that other calls get their turn between them. */
const PACE = { callsMax: 100, millisMax: 10_000 };

/** Statements of a call, at most; more for the types that there are. */
const CALL_STATEMENTS = 4;
const REGISTRY_STATEMENTS = 10;

/** Continues where the last run stopped. */
export async function addPastValues(env: Env, turn: Budget): Promise<void> {
  const left = turn.statementsLeft - REGISTRY_STATEMENTS;
  const callsMax = Math.min(PACE.callsMax, Math.floor(left / CALL_STATEMENTS));
  if (callsMax < 1) return;
  const store = openJobStore(env, { job: "past", requestId: crypto.randomUUID() }, turn);
  const registry = await store.freshRegistry(SYSTEM);
  await advancePast(openSession(env.DB, "first-primary", turn), registry, { ...PACE, callsMax });
}
