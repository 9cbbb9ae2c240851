import { setTimeout as sleep } from "node:timers/promises";
import type { Json } from "../../src/model/json.ts";
import { CredentialsError } from "./credentials.ts";
import { parseProblem, ProblemError } from "./problem.ts";

/** The server could not be reached, or kept failing, for longer than the client's patience. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

/** One call. A repeat after a failure sends the same bytes and the same Idempotency-Key. */
export interface ApiCall {
  readonly method: "GET" | "POST" | "PUT";
  /** Path and query, e.g. `/resources/create`. */
  readonly path: string;
  /** JSON text, ready to send. */
  readonly body?: string;
  readonly idempotencyKey?: string;
}

/** What a client needs to know. */
export interface ApiClientOptions {
  /** Where the API is served, e.g. `http://127.0.0.1:8787`. */
  readonly url: string;
  /** Gives the bearer token; asked again with `renew` when the server refuses it. */
  readonly token?: (renew: boolean) => Promise<string>;
  /** Seconds for which a call is repeated while the server is away. Default 120. */
  readonly patienceSeconds?: number;
  readonly signal?: AbortSignal;
  /** Told of every repeat: why, and how long the client waits before it. */
  readonly onRetry?: (reason: string, seconds: number) => void;
}

/** Sends a call and answers the parsed JSON body. */
export type ApiClient = (call: ApiCall) => Promise<Json>;

const CALL_TIMEOUT_SECONDS = 300;
const BACKOFF_SECONDS_MIN = 0.25;
const BACKOFF_SECONDS_MAX = 10;
/** Times that an answer of 500 is repeated: it may be a server being stopped, or a defect. */
const INTERNAL_ERROR_REPEATS_MAX = 4;

/** Seconds of a `Retry-After` header (RFC 9110: seconds or a date), undefined when unreadable. */
export const retryAfterSeconds = (value: string | null, now: number): number | undefined => {
  if (value === null) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
};

/** Full jitter: spreads clients that failed together. */
const backoffSeconds = (attempt: number): number =>
  Math.random() * Math.min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS_MIN * 2 ** attempt);

/** What one attempt came to. */
type Outcome =
  | { readonly kind: "done"; readonly body: Json }
  | { readonly kind: "refused"; readonly error: ProblemError }
  | {
      readonly kind: "again";
      readonly reason: string;
      readonly internal: boolean;
      readonly seconds?: number;
    };

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause as { readonly code?: string; readonly message?: string } | undefined;
  return cause?.message || cause?.code || error.message;
};

/** 409 `in_progress`: the first sending of this very call is still at work. */
const isPassing = (status: number, code: string): boolean =>
  status === 429 ||
  (status >= 502 && status <= 504) ||
  (status === 409 && (code === "in_progress" || code === "conflict"));

const judge = async (response: Response, call: ApiCall): Promise<Outcome> => {
  const text = await response.text();
  if (response.ok) {
    return { kind: "done", body: text === "" ? null : (JSON.parse(text) as Json) };
  }
  const problem = parseProblem(response.status, text);
  const internal = response.status === 500;
  if (internal || isPassing(response.status, problem.code)) {
    const reason = `${response.status} ${problem.code}`;
    const seconds = retryAfterSeconds(response.headers.get("retry-after"), Date.now());
    return { kind: "again", reason, internal, ...(seconds === undefined ? {} : { seconds }) };
  }
  return { kind: "refused", error: new ProblemError(problem, `${call.method} ${call.path}`) };
};

const headersOf = (call: ApiCall, token: string | undefined): Record<string, string> => ({
  accept: "application/json",
  ...(call.body === undefined ? {} : { "content-type": "application/json" }),
  ...(call.idempotencyKey === undefined ? {} : { "idempotency-key": call.idempotencyKey }),
  ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
});

const attempt = async (
  call: ApiCall,
  options: ApiClientOptions,
  renew: boolean,
): Promise<Outcome> => {
  const timeout = AbortSignal.timeout(CALL_TIMEOUT_SECONDS * 1000);
  const signal =
    options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);
  try {
    const token = await options.token?.(renew);
    const response = await fetch(new URL(call.path, options.url), {
      method: call.method,
      headers: headersOf(call, token),
      signal,
      ...(call.body === undefined ? {} : { body: call.body }),
    });
    return await judge(response, call);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof CredentialsError) throw error;
    return { kind: "again", reason: reasonOf(error), internal: false };
  }
};

/**
 * Makes a client that outlives a restart of the server: network errors, 429, 502 to 504 and a
 * running first attempt are repeated with jitter, honouring `Retry-After`; a token that is refused
 * is renewed once.
 * @throws {ProblemError} when the server refuses a call.
 * @throws {UnreachableError} when patience ends first.
 */
export const createApiClient = (options: ApiClientOptions): ApiClient => {
  const patienceMs = (options.patienceSeconds ?? 120) * 1000;

  const send = async (call: ApiCall, startedAt: number): Promise<Json> => {
    let renew = false;
    let renewals = 0;
    let internals = 0;
    for (let repeats = 0; ; repeats += 1) {
      const outcome = await attempt(call, options, renew);
      renew = false;
      if (outcome.kind === "done") return outcome.body;
      if (outcome.kind === "refused") {
        const renewable = outcome.error.problem.status === 401 && options.token !== undefined;
        if (!renewable || renewals > 0) throw outcome.error;
        renew = true;
        renewals += 1;
        continue;
      }
      internals += outcome.internal ? 1 : 0;
      const seconds = Math.max(outcome.seconds ?? 0, backoffSeconds(repeats));
      const late = Date.now() + seconds * 1000 - startedAt > patienceMs;
      if (late || internals > INTERNAL_ERROR_REPEATS_MAX) {
        throw new UnreachableError(`${call.method} ${call.path}: ${outcome.reason}`);
      }
      options.onRetry?.(outcome.reason, seconds);
      await sleep(seconds * 1000, undefined, options.signal ? { signal: options.signal } : {});
    }
  };

  return async (call) => send(call, Date.now());
};

/** Sends a POST with a JSON body. */
export const post = async (client: ApiClient, path: string, body: Json): Promise<Json> =>
  client({ method: "POST", path, body: JSON.stringify(body) });

/** Sends a GET. */
export const get = async (client: ApiClient, path: string): Promise<Json> =>
  client({ method: "GET", path });
