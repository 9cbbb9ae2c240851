// Sends fuzzing requests and checks the responses against the OpenAPI document.
import { env } from "cloudflare:workers";
import { isJsonObject, type Json } from "../../../src/model/json.ts";
import { BASE, type Fetch } from "../clients/http.ts";
import type { FuzzRequest, Sender } from "./fuzz-requests.ts";
import { departure, type Checks } from "../checks/documented-responses.ts";

/** A kind of wrong response: how often it came, and the shortest request that had it. */
export interface Finding {
  readonly fault: string;
  readonly count: number;
  readonly request: string;
  readonly answer: string;
}

/** The result of a run. */
export interface FuzzReport {
  readonly findings: readonly Finding[];
  /** Requests by their response's status. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly slowestMillis: number;
}

/** How a run reaches the Worker. */
export interface FuzzSetting {
  readonly fetch: Fetch;
  readonly checks: Checks;
  /** Bearer token by sender; none for anonymous callers. */
  readonly tokens: Readonly<Partial<Record<Sender, string>>>;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const SHOWN_LENGTH_MAX = 400;

const shown = (text: string): string =>
  text.length > SHOWN_LENGTH_MAX
    ? `${text.slice(0, SHOWN_LENGTH_MAX)}... (${text.length} characters)`
    : text;

/** Everything that a write could leave behind, as one string. */
const ledger = async (): Promise<string> => {
  const names = "transactions schemas users allocations idempotency guard uploads exports edges";
  const tables = names.split(" ");
  const counts = tables.map((table) => `(SELECT count(*) FROM ${table}) AS ${table}`);
  return JSON.stringify(await env.DB.prepare(`SELECT ${counts.join(", ")}`).first());
};

const toRequest = ({ operation, target, headers, body }: FuzzRequest, token?: string): Request =>
  new Request(`${BASE}${target}`, {
    method: operation.method,
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
    redirect: "manual",
    ...(body === undefined ? {} : { body }),
  });

const parse = (text: string): Json | undefined => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
};

const LEAKS = /D1_ERROR|SQLITE|sqlite3?|near "|constraint failed|\bat \S+ \(|\.ts:\d+|node_modules/;
const NAMING_STATUSES = new Set([400, 413, 415]);
const EVERYWHERE = ["x-request-id", "x-content-type-options", "cache-control"] as const;
const PROBLEM = "application/problem+json";

const namesPlace = (body: Json | undefined): boolean => {
  const errors = isJsonObject(body) ? body["errors"] : undefined;
  if (!Array.isArray(errors)) return false;
  const paths = (errors as readonly Json[]).map((error) =>
    isJsonObject(error) ? error["path"] : undefined,
  );
  return paths.length > 0 && paths.every((path) => typeof path === "string" && path !== "");
};

/** Several JSON texts in a row, which tests of their own parse. */
const isStream = ({ target }: FuzzRequest, status: number): boolean =>
  status === 200 && /[?&]stream=true(?:&|$)/i.test(target);

const faultsOf = (request: FuzzRequest, answer: Answer, checks: Checks): readonly string[] => {
  const { status, headers, text } = answer;
  const contentType = headers.get("content-type") ?? "";
  const body = parse(text);
  const faults: string[] = [];
  if (status >= 500) faults.push(`status ${status}`);
  const departed = isStream(request, status)
    ? undefined
    : departure(checks, request.operation, { status, contentType, body });
  if (departed !== undefined) faults.push(departed);
  if (contentType.startsWith(PROBLEM)) {
    if (NAMING_STATUSES.has(status) && !namesPlace(body)) {
      faults.push(`status ${status} names no field`);
    }
    if (isJsonObject(body) && body["status"] !== status) faults.push("body has another status");
  }
  if (status >= 400 && LEAKS.test(text)) faults.push("the inside shows");
  const lacking = EVERYWHERE.filter((name) => !headers.has(name));
  if (lacking.length > 0) faults.push(`status ${status} lacks the headers ${lacking.join(", ")}`);
  return faults;
};

const describeRequest = ({ operation, target, headers, body, sender }: FuzzRequest): string => {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${shown(value)}`);
  const text = body === undefined ? "" : new TextDecoder().decode(body);
  const first = `${operation.method} ${shown(target)} as ${sender}`;
  return [first, ...lines, shown(text)].filter((line) => line !== "").join("\n");
};

const sizeOf = ({ target, body }: FuzzRequest): number => target.length + (body?.length ?? 0);

interface Collected extends Finding {
  readonly size: number;
}

const note = (
  found: Map<string, Collected>,
  request: FuzzRequest,
  answer: Answer,
  fault: string,
): void => {
  const key = `${request.operation.name}: ${fault.replaceAll(/\d{4,}|"[^"]*"/g, "~").slice(0, 160)}`;
  const known = found.get(key);
  const count = (known?.count ?? 0) + 1;
  const size = sizeOf(request);
  if (known !== undefined && known.size <= size) found.set(key, { ...known, count });
  else {
    const texts = {
      request: describeRequest(request),
      answer: `${answer.status} ${shown(answer.text)}`,
    };
    found.set(key, { fault: `${request.operation.name}: ${fault}`, count, size, ...texts });
  }
};

/** Sends the requests one after another and collects what is wrong, each kind once. */
export const runFuzz = async (
  { fetch, checks, tokens }: FuzzSetting,
  requests: readonly FuzzRequest[],
): Promise<FuzzReport> => {
  const found = new Map<string, Collected>();
  const statuses: Record<string, number> = {};
  let slowestMillis = 0;
  let before = await ledger();
  for (const request of requests) {
    const started = Date.now();
    const response = await fetch(toRequest(request, tokens[request.sender]));
    const answer = {
      status: response.status,
      headers: response.headers,
      // Not every response is text, and the platform warns about others.
      text: new TextDecoder().decode(await response.arrayBuffer()),
    };
    slowestMillis = Math.max(slowestMillis, Date.now() - started);
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    const after = await ledger();
    const faults = faultsOf(request, answer, checks);
    const isWritten = answer.status >= 400 && after !== before;
    if (isWritten) note(found, request, answer, `refused with ${answer.status}, but written`);
    for (const fault of faults) note(found, request, answer, fault);
    before = after;
  }
  const findings = [...found.values()].map(({ size: _size, ...finding }) => finding);
  return { findings, statuses, slowestMillis };
};
