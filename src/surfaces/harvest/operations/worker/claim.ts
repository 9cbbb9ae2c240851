/** How a worker gets a run. */
import { decide, type HarvestContext } from "../context.ts";
import { AppError } from "../../../../model/error.ts";
import type { JsonObject } from "../../../../model/json.ts";
import { hooksFor } from "../hook.ts";
import { adoptRun, claimRun, finishRun } from "../claims.ts";
import type { Row } from "../../../../store/index.ts";
import { HarvestError } from "../error.ts";
import { renderRow } from "../admin-resources/render.ts";
import { HOOK } from "../admin-resources/hook.ts";
import { INSTRUMENT, SCHEDULE } from "../admin-resources/kinds.ts";
import { LOCATION } from "../admin-resources/location.ts";
import { remoteOf } from "../scheduling.ts";
import { readSetting, type Setting } from "./setting.ts";

const WORKER_DEFAULT = "worker";

/** How many incomplete runs one call ends before it gives up. */
const ENDED_MAX = 20;

const claimedId = async (
  context: HarvestContext,
  worker: string,
  flowRun: string | undefined,
): Promise<string | null> => {
  if (flowRun === undefined) {
    const { answer = "null" } = await decide(context, "claim", claimRun(worker));
    return JSON.parse(answer) as string | null;
  }
  const remote = remoteOf(context.config);
  if (remote === null) throw new HarvestError(400, "No Prefect server is configured");
  const subjects = await remote.subjects(flowRun).catch(() => {
    throw new HarvestError(502, "Prefect server unavailable");
  });
  if (subjects === undefined) throw new AppError("not_found", "Run not found");
  const { answer = "null" } = await decide(
    context,
    "claim",
    adoptRun(flowRun, subjects.scheduleId, worker),
  );
  return JSON.parse(answer) as string | null;
};

/** The hooks of a run in their order. */
const hooksOf = ({ run, hooks, hookRows }: Setting): readonly Row[] =>
  (["pre_transfer", "post_transfer"] as const)
    .flatMap((trigger) => hooksFor(hooks, trigger, run.instrumentId))
    .flatMap(({ id }) => hookRows.find((each) => each.identifier === id) ?? []);

/** A run with all that a worker needs; the disclosure is recorded before it is returned. */
const rendered = async (
  context: HarvestContext,
  setting: Setting,
  instrument: Row,
  schedule: Row,
  location: Row,
): Promise<JsonObject> => {
  const { run } = setting;
  const hooks = hooksOf(setting);
  await context.store.recordDisclosed(context.principal, [
    instrument,
    schedule,
    location,
    ...hooks,
  ]);
  return {
    id: run.id,
    instrument: INSTRUMENT.render(renderRow(instrument)),
    schedule: SCHEDULE.render(renderRow(schedule)),
    storage_location: LOCATION.render(renderRow(location)),
    hooks: hooks.map((row) => HOOK.render(renderRow(row))),
  };
};

/** Ends a run that can no longer be done because a resource of it is gone. */
const endHopeless = (context: HarvestContext, { run }: Setting) =>
  decide(
    context,
    "finish",
    finishRun(run.id, run.instrumentId, { error: "What it needs is gone" }),
  );

/** Gives a worker a run; null when there is none for it. */
export async function claim(
  context: HarvestContext,
  worker: string = WORKER_DEFAULT,
  flowRun?: string,
): Promise<JsonObject | null> {
  for (let ended = 0; ended <= ENDED_MAX; ended += 1) {
    const id = await claimedId(context, worker, flowRun);
    if (id === null) return null;
    const setting = await readSetting(context, id);
    const { instrument, schedule, location } = setting;
    if (instrument !== undefined && schedule !== undefined && location !== undefined) {
      return rendered(context, setting, instrument, schedule, location);
    }
    await endHopeless(context, setting);
  }
  return null;
}
