// A stub of a Prefect server that records its calls, and behaves like the real one where it
// matters.
import type { Json, JsonObject } from "../../../src/model/json.ts";

/** One received call. */
export interface PrefectCall {
  /** Method and path below the address of the API. */
  readonly line: string;
  readonly body: Json;
  readonly headers: Headers;
}

/** A failure instead of the response to a call: a status, or a network error. */
export type Failure = number | "down";

/** The stub; pass its `fetch` to the code that calls Prefect. */
export interface PrefectStub {
  readonly fetch: typeof fetch;
  /** The calls since the last time. */
  readonly taken: () => readonly PrefectCall[];
  /** From now on calls whose line begins with this fail, until it is called with nothing. */
  readonly fail: (line?: string, failure?: Failure) => void;
  /** How it responds to a request for a CSRF token: with one (200), or that it needs none. */
  readonly guard: (status: number) => void;
  /** Forgets the tokens that it issued. */
  readonly expire: () => void;
  /** The deployments that it has, by id. */
  readonly deployments: Map<string, JsonObject>;
}

const FLOW = "b6a8a3a0-5f0b-4a0e-9d3c-000000000001";

const jsonOf = (status: number, body: Json): Response =>
  status === 204 ? new Response(null, { status }) : Response.json(body, { status });

interface State {
  readonly deployments: Map<string, JsonObject>;
  readonly runs: Map<string, JsonObject>;
}

/** Prefect has one deployment for each flow and name: a second one replaces it. */
const upsert = ({ deployments }: State, body: JsonObject): Response => {
  const known = [...deployments].find(([, each]) => each["name"] === body["name"]);
  const id = known?.[0] ?? crypto.randomUUID();
  deployments.set(id, body);
  return jsonOf(known === undefined ? 201 : 200, { ...body, id });
};

const runOf = ({ runs }: State, deployment_id: string, body: JsonObject): Response => {
  const id = crypto.randomUUID();
  const run = { id, deployment_id, name: "calm-heron", parameters: body["parameters"] ?? {} };
  runs.set(id, run);
  return jsonOf(201, { ...run, state_type: "SCHEDULED", state: body["state"] ?? null });
};

const answerOf = (state: State, method: string, path: string, body: JsonObject): Response => {
  const [kind = "", id = "", what] = path.split("/").slice(1);
  const missing = jsonOf(404, { detail: "Not found" });
  if (method === "POST" && path === "/flows/") return jsonOf(201, { id: FLOW, name: "f" });
  if (method === "POST" && path === "/deployments/") return upsert(state, body);
  const found = (kind === "deployments" ? state.deployments : state.runs).get(id);
  if (found === undefined) return missing;
  if (what === "create_flow_run") return runOf(state, id, body);
  if (method === "GET") return jsonOf(200, { ...found, id });
  if (method === "DELETE") state.deployments.delete(id);
  else state.deployments.set(id, { ...found, ...body });
  return jsonOf(204, null);
};

/** Opens one at an address; it responds to no other address. */
export const prefectStub = (address: string): PrefectStub => {
  const state: State = { deployments: new Map(), runs: new Map() };
  const tokens = new Set<string>();
  let calls: PrefectCall[] = [];
  let failing: readonly [string, Failure] | undefined;
  let guarding = 200;

  const csrf = (): Response => {
    if (guarding !== 200) return jsonOf(guarding, { detail: "CSRF protection is disabled." });
    const token = crypto.randomUUID();
    tokens.add(token);
    return jsonOf(200, { token });
  };

  const answer = async (request: Request): Promise<Response> => {
    if (!request.url.startsWith(`${address}/`)) throw new Error(`nobody is at ${request.url}`);
    const path = request.url.slice(address.length);
    const text = await request.text();
    const body = (text === "" ? null : JSON.parse(text)) as Json;
    const line = `${request.method} ${path}`;
    calls.push({ line, body, headers: request.headers });
    if (failing !== undefined && line.startsWith(failing[0])) {
      if (failing[1] === "down") throw new TypeError("Network connection lost.");
      return jsonOf(failing[1], { detail: "refused" });
    }
    if (path.startsWith("/csrf-token?client=")) return csrf();
    const token = request.headers.get("prefect-csrf-token") ?? "";
    if (request.method !== "GET" && guarding === 200 && !tokens.has(token)) {
      return jsonOf(403, { detail: "Missing or invalid CSRF token." });
    }
    return answerOf(state, request.method, path, (body ?? {}) as JsonObject);
  };

  return {
    fetch: (input, init) => answer(new Request(input, init)),
    taken: () => {
      const sent = calls;
      calls = [];
      return sent;
    },
    fail: (line, failure = "down") => {
      failing = line === undefined ? undefined : [line, failure];
    },
    guard: (status) => {
      guarding = status;
    },
    expire: () => tokens.clear(),
    deployments: state.deployments,
  };
};
