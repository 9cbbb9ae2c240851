/** Creates runs of harvest schedules that are due. */
import { payloadOf } from "../model/resource.ts";
import { openJobStore } from "./store.ts";
import { nowMicros } from "../model/time.ts";
import { configOf } from "../config.ts";
import { scheduleOf } from "../surfaces/harvest/operations/records.ts";
import {
  beginDueRuns,
  OLDEST_FIRST,
  schedulesWanted,
  type DueSchedule,
} from "../surfaces/harvest/operations/runs.ts";
import type { Principal } from "../identity/principal.ts";
import { NOW } from "../query/query.ts";
import type { Budget } from "../store/index.ts";

const SYSTEM: Principal = { kind: "system", id: "system:harvest", role: null };

/** Schedules of one run of the job. */
const SCHEDULES_MAX = 5_000;

/** Creates the runs of schedules that are due, unless an external scheduler does. */
export async function beginHarvests(env: Env, turn: Budget): Promise<void> {
  if (configOf(env).scheduler !== "embedded") return;
  const requestId = crypto.randomUUID();
  const store = openJobStore(env, { job: "harvests", requestId }, turn);
  const query = {
    payloadTypes: ["harvest_schedule"],
    condition: schedulesWanted(null),
    sort: OLDEST_FIRST,
    page: { limit: SCHEDULES_MAX },
    asOf: NOW,
  };
  const schedules: DueSchedule[] = [];
  const wanted = { children: false, limit: SCHEDULES_MAX };
  for await (const { rows } of store.pages(SYSTEM, query, wanted)) {
    for (const row of rows) {
      const schedule = scheduleOf(row.identifier, payloadOf(row));
      schedules.push({ schedule, changedAt: row.updated_at });
    }
  }
  if (schedules.length === 0) return;
  const context = {
    surface: "harvest",
    operation: "schedule",
    requestId,
    route: "job harvests",
  };
  await store.write(SYSTEM, { context, decision: beginDueRuns(schedules, nowMicros()) });
}
