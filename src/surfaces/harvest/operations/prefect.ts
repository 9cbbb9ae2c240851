/** Prefect's REST API, as far as schedules need it. */
import { isUuid } from "../../../identity/uuid.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../model/json.ts";
import type { Deployment, RemoteScheduler, Subjects, Timing } from "./scheduler.ts";

const FLOW = "harvest-instrument";
const ENTRYPOINT = "app.flows.harvest:harvest_instrument_flow";
const WORK_POOL = "streamweave-worker-pool";
const USER_AGENT = "prefect/3.4.0 (API 0.8.4)";
const LIMIT_MILLIS = 10_000;

/** Prefect's address and credentials. */
export interface PrefectAccess {
  readonly url: string;
  readonly key: string | null;
  readonly fetch: typeof fetch;
}

interface Answer {
  readonly status: number;
  readonly body: Json;
}

type Send = (method: string, path: string, body?: JsonObject) => Promise<Answer>;

const bodyOf = async (response: Response): Promise<Json> => {
  const text = await response.text();
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
};

const raw =
  ({ url, key, fetch: send }: PrefectAccess) =>
  async (
    method: string,
    path: string,
    body: JsonObject | undefined,
    headers: Readonly<Record<string, string>>,
  ): Promise<Answer> => {
    const response = await send(`${url}${path}`, {
      method,
      headers: {
        "user-agent": USER_AGENT,
        accept: "application/json",
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // Redirects are not followed: only the configured address may get the key.
      redirect: "manual",
      signal: AbortSignal.timeout(LIMIT_MILLIS),
    });
    return { status: response.status, body: await bodyOf(response) };
  };

/** Sends calls; writes have a CSRF token where the server requires one. */
const sender = (access: PrefectAccess): Send => {
  const call = raw(access);
  const client = crypto.randomUUID();
  let guarded: Readonly<Record<string, string>> | undefined;
  const guard = async (): Promise<Readonly<Record<string, string>>> => {
    const { status, body } = await call("GET", `/csrf-token?client=${client}`, undefined, {});
    const token = isJsonObject(body) ? body["token"] : undefined;
    // 404 and 422 mean that the server does not use CSRF tokens.
    if (status !== 200 || typeof token !== "string") return {};
    return { "Prefect-Csrf-Token": token, "Prefect-Csrf-Client": client };
  };
  return async (method, path, body) => {
    if (method === "GET") return call(method, path, body, {});
    guarded ??= await guard();
    const answer = await call(method, path, body, guarded);
    if (answer.status !== 403) return answer;
    // Tokens expire.
    guarded = await guard();
    return call(method, path, body, guarded);
  };
};

const member = ({ status, body }: Answer, name: string): string => {
  const value = isJsonObject(body) ? body[name] : undefined;
  if (status >= 200 && status < 300 && typeof value === "string") return value;
  throw new Error(`Prefect answered ${status}.`);
};

const requireDone = ({ status }: Answer, ...fine: readonly number[]): void => {
  if ((status < 200 || status > 299) && !fine.includes(status)) {
    throw new Error(`Prefect answered ${status}.`);
  }
};

const deploymentOf = (flow: string, deployment: Deployment): JsonObject => {
  const name = deployment.instrumentName ?? deployment.instrumentId;
  return {
    // Without the schedule's id two schedules of one instrument would share a deployment.
    name: `harvest-${name}-${deployment.scheduleId}`,
    flow_id: flow,
    entrypoint: ENTRYPOINT,
    parameters: parametersOf(deployment),
    tags: [`instrument:${name}`],
    schedules: [
      {
        schedule: { cron: deployment.cron, timezone: deployment.timezone, day_or: true },
        active: deployment.enabled,
        max_scheduled_runs: null,
        parameters: {},
        slug: null,
        replaces: null,
      },
    ],
    work_pool_name: WORK_POOL,
    path: "/app",
    pull_steps: [],
  };
};

const parametersOf = ({ instrumentId, scheduleId }: Subjects): JsonObject => ({
  instrument_id: instrumentId,
  schedule_id: scheduleId,
});

const timingOf = ({ cron, timezone, enabled }: Timing): JsonObject => ({
  schedules: [{ schedule: { cron, ...(timezone === null ? {} : { timezone }) }, active: enabled }],
});

const subjectsOf = ({ status, body }: Answer): Subjects | undefined => {
  if (status === 404) return undefined;
  const parameters = isJsonObject(body) ? body["parameters"] : undefined;
  const { instrument_id: instrumentId, schedule_id: scheduleId } = isJsonObject(parameters)
    ? parameters
    : {};
  if (typeof instrumentId !== "string" || typeof scheduleId !== "string") {
    throw new Error(`Prefect answered ${status}.`);
  }
  return isUuid(instrumentId) && isUuid(scheduleId) ? { instrumentId, scheduleId } : undefined;
};

/** A Prefect server as a scheduler. */
export function prefectScheduler(access: PrefectAccess): RemoteScheduler {
  const send = sender(access);
  const at = (id: string): string => `/deployments/${encodeURIComponent(id)}`;
  return {
    deploy: async (deployment) => {
      const flow = member(await send("POST", "/flows/", { name: FLOW }), "id");
      return member(await send("POST", "/deployments/", deploymentOf(flow, deployment)), "id");
    },
    reschedule: async (id, timing) => {
      requireDone(await send("GET", at(id)));
      requireDone(await send("PATCH", at(id), timingOf(timing)));
    },
    remove: async (id) => requireDone(await send("DELETE", at(id)), 404),
    trigger: async (id, subjects) => {
      const run: JsonObject = {
        state: { type: "SCHEDULED", name: "Scheduled" },
        parameters: parametersOf(subjects),
        context: {},
        tags: [],
        name: null,
      };
      return member(await send("POST", `${at(id)}/create_flow_run`, run), "id");
    },
    subjects: async (runId) =>
      subjectsOf(await send("GET", `/flow_runs/${encodeURIComponent(runId)}`)),
  };
}
