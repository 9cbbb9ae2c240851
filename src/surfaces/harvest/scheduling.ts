/** What a schedule's scheduler is told, once the schedule is stored: a failure never loses it. */
import type { Context } from "hono";
import type { AppEnv, Services } from "../../http/env.ts";
import { AppError } from "../../model/error.ts";
import type { JsonObject } from "../../model/json.ts";
import { prefectScheduler } from "../../harvest/prefect.ts";
import { scheduleOf, type Schedule } from "../../harvest/records.ts";
import { beginRuns } from "../../harvest/runs.ts";
import type { RemoteScheduler } from "../../harvest/scheduler.ts";
import { Refused } from "./fault.ts";
import { findOne, payloadIn } from "./list.ts";
import { updateManaged } from "./managed/decisions.ts";
import type { Kind, Shown } from "./managed/kind.ts";
import { SCHEDULE } from "./managed/kinds.ts";
import { decide } from "./write.ts";

/** One client an isolate: it remembers its CSRF token. */
const clients = new WeakMap<object, RemoteScheduler>();

/** The scheduler outside of the store; null where the Cron Trigger does its work. */
export const remoteOf = (config: Services["config"]): RemoteScheduler | null => {
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
};

/** Does what may fail without anybody having to know but the log. */
const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | null> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError) throw error;
    console.warn(JSON.stringify({ level: "warn", event: `prefect ${what} failed` }));
    return null;
  }
};

const remoteFor = (c: Context<AppEnv>, kind: Kind): RemoteScheduler | null =>
  kind.payloadType === SCHEDULE.payloadType ? remoteOf(c.get("services").config) : null;

const deploymentOf = async (c: Context<AppEnv>, schedule: Schedule) => {
  const instrument = await findOne(c, "instrument", schedule.instrumentId, true);
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

/** Deploys a new schedule, and notes its deployment. */
export const created = async (c: Context<AppEnv>, kind: Kind, shown: Shown): Promise<Shown> => {
  const remote = remoteFor(c, kind);
  if (remote === null) return shown;
  const deployment = await deploymentOf(c, scheduleOf(shown.id, shown.payload));
  const deploymentId = await attempt("deploy", () => remote.deploy(deployment));
  if (deploymentId === null) return shown;
  const noted: JsonObject = { prefect_deployment_id: deploymentId };
  const noting: Kind = { ...kind, compose: () => ({ payload: noted, secrets: {} }) };
  const { config } = c.get("services");
  const receipt = await decide(c, "deploy", updateManaged(noting, shown.id, {}, { config }));
  const payload = { ...shown.payload, ...noted };
  return { ...shown, payload, updatedAt: receipt.recordedAt ?? shown.updatedAt };
};

const TIMING = ["cron_expression", "timezone", "enabled"];

/** Tells when a changed schedule is due. */
export const updated = async (
  c: Context<AppEnv>,
  kind: Kind,
  { id, payload }: Shown,
  body: JsonObject,
): Promise<void> => {
  const remote = remoteFor(c, kind);
  if (remote === null || !TIMING.some((name) => Object.hasOwn(body, name))) return;
  const schedule = scheduleOf(id, payload);
  const { deploymentId } = schedule;
  if (deploymentId === null) return;
  await attempt("reschedule", () => remote.reschedule(deploymentId, schedule));
};

/** Takes back the deployment of a deleted schedule. */
export const removed = async (
  c: Context<AppEnv>,
  kind: Kind,
  { id, payload }: Shown,
): Promise<void> => {
  const remote = remoteFor(c, kind);
  const { deploymentId } = scheduleOf(id, payload);
  if (remote === null || deploymentId === null) return;
  await attempt("delete", () => remote.remove(deploymentId));
};

/** A run that was begun. */
export interface Triggered {
  readonly flow_run_id: string;
  readonly schedule_id: string;
}

/** What a caller is told when Prefect cannot be reached. */
export const UNREACHED = "Failed to trigger harvest — Prefect server may be unavailable";

/** Begins a run of a schedule now. @throws {Refused} when the scheduler cannot be reached. */
export const trigger = async (c: Context<AppEnv>, schedule: Schedule): Promise<Triggered> => {
  const { deploymentId } = schedule;
  if (deploymentId === null) {
    throw new Refused(400, "Schedule has no Prefect deployment — cannot trigger harvest");
  }
  const remote = remoteOf(c.get("services").config);
  if (remote === null) {
    const { answer = "[]" } = await decide(c, "trigger", beginRuns([schedule.id]));
    const [id = ""] = JSON.parse(answer) as readonly string[];
    return { flow_run_id: id, schedule_id: schedule.id };
  }
  const id = await attempt("trigger", () =>
    remote.trigger(deploymentId, { scheduleId: schedule.id, instrumentId: schedule.instrumentId }),
  );
  if (id === null) throw new Refused(502, UNREACHED);
  return { flow_run_id: id, schedule_id: schedule.id };
};
