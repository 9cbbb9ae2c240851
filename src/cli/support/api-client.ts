import { createClient, type ProblemError, VxdataError } from "../../client/index.ts";
import type { Json } from "../../model/json.ts";

export { ProblemError } from "../../client/index.ts";

/** The server could not be reached, or kept failing, for longer than the client's patience. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

/** One call. A retry sends the same bytes and the same Idempotency-Key. */
export interface ApiCall {
  readonly method: "GET" | "POST" | "PUT";
  /** Path and query, e.g. `/resources/create`. */
  readonly path: string;
  /** JSON text, ready to send. */
  readonly body?: string;
  readonly idempotencyKey?: string;
}

/** The options of a client. */
export interface ApiClientOptions {
  /** Where the API is served, e.g. `http://127.0.0.1:8787`. */
  readonly url: string;
  /** Provides the bearer token; called again with `renew` when the server refuses it. */
  readonly token?: (renew: boolean) => Promise<string>;
  /** Seconds for which a call is retried while the server is unreachable. Default 120. */
  readonly patienceSeconds?: number;
  /** Why it writes; see the option of the TypeScript client. */
  readonly reason?: string | undefined;
  readonly signal?: AbortSignal;
  /** Called for every retry: why, and the delay before it. */
  readonly onRetry?: (reason: string, seconds: number) => void;
}

/** Sends a call and returns the parsed JSON body. */
export type ApiClient = (call: ApiCall) => Promise<Json>;

const CALL_TIMEOUT_MS = 300_000;
const PATIENCE_SECONDS = 120;

/** True when the connection failed and not the call. */
const isAway = (error: VxdataError): boolean =>
  !("status" in error) || isPassing((error as ProblemError).status);

const isPassing = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/**
 * The TypeScript client with the retries of a script: transient errors are retried until the server
 * is back.
 * @throws {ProblemError} when the server refuses a call.
 * @throws {UnreachableError} when the time for retries is over.
 */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const { onRetry, patienceSeconds = PATIENCE_SECONDS, signal, token, url } = options;
  const client = createClient({
    url,
    token,
    reason: options.reason,
    signal,
    timeoutMs: CALL_TIMEOUT_MS,
    retries: { attempts: Infinity, baseMs: 250, maxMs: 10_000, withinMs: patienceSeconds * 1000 },
    onRetry: ({ reason, waitMs }) => onRetry?.(reason, waitMs / 1000),
  });
  return async ({ method, path, body, idempotencyKey }) => {
    const kind = idempotencyKey === undefined ? "plain" : "write";
    try {
      return await client.request<Json>({ method, path, body, kind }, { idempotencyKey });
    } catch (error) {
      if (error instanceof VxdataError && isAway(error)) {
        throw new UnreachableError(error.message, { cause: error });
      }
      throw error;
    }
  };
}

/** Sends a POST with a JSON body. */
export async function post(client: ApiClient, path: string, body: Json): Promise<Json> {
  return client({ method: "POST", path, body: JSON.stringify(body) });
}

/** Sends a GET. */
export async function get(client: ApiClient, path: string): Promise<Json> {
  return client({ method: "GET", path });
}
