/** Calls the scheduler after a schedule is stored: its failure never loses the schedule. */
import { decide, type HarvestContext } from "./context.ts";
import { AppError } from "../../../model/error.ts";
import type { JsonObject } from "../../../model/json.ts";
import { prefectScheduler } from "./prefect.ts";
import { scheduleOf, type Schedule } from "./records.ts";
import { beginRuns } from "./runs.ts";
import type { RemoteScheduler } from "./scheduler.ts";
import { HarvestError } from "./error.ts";
import { findOne, payloadIn } from "./list.ts";
import { updateAdminResource } from "./admin-resources/decisions.ts";
import type { Kind, AdminResource } from "./admin-resources/kind.ts";
import { SCHEDULE } from "./admin-resources/kinds.ts";

/** One client per isolate: it caches its CSRF token. */
const clients = new WeakMap<object, RemoteScheduler>();

/** The external scheduler; null when the Cron Trigger does its work. */
export function remoteOf(config: HarvestContext["config"]): RemoteScheduler | null {
  if (config.scheduler === "embedded") return null;
  const known = clients.get(config);
  if (known !== undefined) return known;
  const made = prefectScheduler({
    url: config.prefectApiUrl,
    key: config.prefectApiKey,
    fetch: (input, init) => fetch(input, init),
  });
  clients.set(config, made);
  return made;
}

/** Runs something that may fail; a failure is only logged. */
const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | null> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError) throw error;
    console.warn(JSON.stringify({ level: "warn", event: `prefect ${what} failed` }));
    return null;
  }
};

const remoteFor = (context: HarvestContext, kind: Kind): RemoteScheduler | null =>
  kind.payloadType === SCHEDULE.payloadType ? remoteOf(context.config) : null;

const deploymentOf = async (context: HarvestContext, schedule: Schedule) => {
  const instrument = await findOne(context, "instrument", schedule.instrumentId, true);
  const name = instrument === undefined ? undefined : payloadIn(instrument)["name"];
  return {
    scheduleId: schedule.id,
    instrumentId: schedule.instrumentId,
    instrumentName: typeof name === "string" ? name : null,
    cron: schedule.cron,
    timezone: schedule.timezone,
    enabled: schedule.enabled,
  };
};

/** Deploys a new schedule, and records its deployment. */
export async function created(
  context: HarvestContext,
  kind: Kind,
  resource: AdminResource,
): Promise<AdminResource> {
  const remote = remoteFor(context, kind);
  if (remote === null) return resource;
  const deployment = await deploymentOf(context, scheduleOf(resource.id, resource.payload));
  const deploymentId = await attempt("deploy", () => remote.deploy(deployment));
  if (deploymentId === null) return resource;
  const noted: JsonObject = { prefect_deployment_id: deploymentId };
  const noting: Kind = { ...kind, compose: () => ({ payload: noted, secrets: {} }) };
  const { config } = context;
  const receipt = await decide(
    context,
    "deploy",
    updateAdminResource(noting, resource.id, {}, { config }),
  );
  const payload = { ...resource.payload, ...noted };
  return { ...resource, payload, updatedAt: receipt.recordedAt ?? resource.updatedAt };
}

const TIMING = ["cron_expression", "timezone", "enabled"];

/** Tells the scheduler when a changed schedule is due. */
export async function updated(
  context: HarvestContext,
  kind: Kind,
  { id, payload }: AdminResource,
  body: JsonObject,
): Promise<void> {
  const remote = remoteFor(context, kind);
  if (remote === null || !TIMING.some((name) => Object.hasOwn(body, name))) return;
  const schedule = scheduleOf(id, payload);
  const { deploymentId } = schedule;
  if (deploymentId === null) return;
  await attempt("reschedule", () => remote.reschedule(deploymentId, schedule));
}

/** Removes the deployment of a deleted schedule. */
export async function removed(
  context: HarvestContext,
  kind: Kind,
  { id, payload }: AdminResource,
): Promise<void> {
  const remote = remoteFor(context, kind);
  const { deploymentId } = scheduleOf(id, payload);
  if (remote === null || deploymentId === null) return;
  await attempt("delete", () => remote.remove(deploymentId));
}

/** A run that was started. */
export interface Triggered {
  readonly flow_run_id: string;
  readonly schedule_id: string;
}

/** The error for an unreachable Prefect. */
export const UNREACHED = "Failed to trigger harvest — Prefect server may be unavailable";

/** Starts a run of a schedule now. @throws {HarvestError} when the scheduler cannot be reached. */
export async function trigger(context: HarvestContext, schedule: Schedule): Promise<Triggered> {
  const { deploymentId } = schedule;
  if (deploymentId === null) {
    throw new HarvestError(400, "Schedule has no Prefect deployment — cannot trigger harvest");
  }
  const remote = remoteOf(context.config);
  if (remote === null) {
    const { answer = "[]" } = await decide(context, "trigger", beginRuns([schedule.id]));
    const [id = ""] = JSON.parse(answer) as readonly string[];
    return { flow_run_id: id, schedule_id: schedule.id };
  }
  const id = await attempt("trigger", () =>
    remote.trigger(deploymentId, { scheduleId: schedule.id, instrumentId: schedule.instrumentId }),
  );
  if (id === null) throw new HarvestError(502, UNREACHED);
  return { flow_run_id: id, schedule_id: schedule.id };
}
