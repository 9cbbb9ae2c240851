import { type CallOptions, type ClientOptions, type Settled, settle } from "./options.ts";
import { ConnectionError, ProblemError, TimeoutError, VxdataError } from "./problem.ts";
import { readProblem } from "./read-problem.ts";
import { reasonHeader } from "./reason.ts";
import {
  CLOCK,
  type Clock,
  INTERNAL_ATTEMPTS_MAX,
  isPassing,
  isUntrusted,
  waitMs,
} from "./retry.ts";

/** A value of the query string; undefined omits the parameter. */
export type Parameters = Readonly<Record<string, string | number | boolean | undefined>>;

/** A call before the options are merged. */
export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path without the query string, percent-encoded. */
  readonly path: string;
  readonly parameters?: Parameters | undefined;
  /** A value to send as JSON, or JSON text. */
  readonly body?: object | string | undefined;
  /** `write` has an Idempotency-Key, `read` a bookmark, `plain` neither. */
  readonly kind: "read" | "write" | "plain";
  readonly accept?: string;
  /** Media type of a string body. Default `application/json`. */
  readonly contentType?: string;
}

/** A call of a presigned URL: it has only these headers, and never the token. */
export interface FileCall {
  readonly method: "GET" | "PUT";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly content?: Blob;
}

/** A response whose body has been read. */
export interface Answer {
  readonly text: string;
  readonly headers: Headers;
}

/** Sends calls. */
export interface Sender {
  /** Reads the whole response; a body that breaks off is requested again. */
  readonly send: (call: Call, options?: CallOptions) => Promise<Answer>;
  /** Returns the response when it begins. */
  readonly open: (call: Call, options?: CallOptions) => Promise<Response>;
  /** The same for a presigned URL. */
  readonly openFile: (call: FileCall, options?: CallOptions) => Promise<Response>;
  /** The merged options of a call. */
  readonly settled: (options?: CallOptions) => Settled;
  readonly clock: Clock;
}

/** The result of one attempt: a value, or why it may be retried. */
type Outcome<T> =
  | { readonly value: T; readonly status: number; readonly headers: Headers }
  | { readonly error: VxdataError; readonly afterSeconds?: number | undefined };

const addressOf = (url: string, { path, parameters = {} }: Call): string => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.set(name, String(value));
  }
  const text = query.toString();
  return `${url.replace(/\/+$/, "")}${path}${text === "" ? "" : `?${text}`}`;
};

const nameOf = ({ method, path }: Call): string => `${method} ${path}`;

const tokenOf = async ({ token }: Settled, renew: boolean): Promise<string | undefined> =>
  typeof token === "function" ? token(renew) : token;

const headersOf = (
  call: Call,
  { headers, reason }: Settled,
  marks: { readonly token: string | undefined; readonly key: string; readonly bookmark: string },
): Record<string, string> => ({
  accept: call.accept ?? "application/json",
  ...(call.body === undefined ? {} : { "content-type": call.contentType ?? "application/json" }),
  ...(marks.token === undefined ? {} : { authorization: `Bearer ${marks.token}` }),
  ...(call.kind === "write" ? { "idempotency-key": marks.key } : {}),
  ...(call.kind === "write" && reason !== undefined ? { "x-reason": reasonHeader(reason) } : {}),
  ...(call.kind === "read" && marks.bookmark !== "" ? { "x-d1-bookmark": marks.bookmark } : {}),
  ...headers,
});

const bodyText = ({ body }: Call): string | undefined =>
  body === undefined || typeof body === "string" ? body : JSON.stringify(body);

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== "" ? cause.message : error.message;
};

/** A signal that the given ones and a timer abort; `stop` ends the timer. */
const bounded = (settled: Settled) => {
  const timer = new AbortController();
  const { timeoutMs } = settled;
  const late = (): void => timer.abort(new TimeoutError(`no answer within ${timeoutMs} ms`));
  const handle = timeoutMs > 0 ? setTimeout(late, timeoutMs) : undefined;
  return {
    signal: AbortSignal.any([timer.signal, ...settled.signals]),
    stop: (): void => clearTimeout(handle),
  };
};

const failureOf = (error: unknown, name: string): VxdataError => {
  if (error instanceof TimeoutError) {
    return new TimeoutError(`${name}: ${error.message}`, { cause: error });
  }
  return new ConnectionError(`${name}: ${reasonOf(error)}`, { cause: error });
};

/** The latest bookmark that a client received: bookmarks sort by age as strings. */
const createBookmark = () => {
  let newest = "";
  return {
    read: (): string => newest,
    note: (headers: Headers): void => {
      const met = headers.get("x-d1-bookmark") ?? "";
      if (met > newest) newest = met;
    },
  };
};

const noticeOf = (name: string, status: number, headers: Headers, attempts: number) => {
  const transaction = headers.get("x-transaction");
  return {
    request: name,
    status,
    requestId: headers.get("x-request-id") ?? undefined,
    transaction: transaction === null ? undefined : Number(transaction),
    replayed: headers.get("idempotency-replayed") === "true",
    attempts,
  };
};

type Attempt<T> = (renew: boolean) => Promise<Outcome<T>>;

/** Retries an attempt for as long as that makes sense and the options permit. */
const persist = async <T>(
  name: string,
  settled: Settled,
  clock: Clock,
  attempt: Attempt<T>,
): Promise<T> => {
  const { retries, signals } = settled;
  const startedAt = clock.now();
  let renewed = false;
  let renew = false;
  let internals = 0;
  for (let repeats = 0, sent = 1; ; sent += 1) {
    const outcome = await attempt(renew);
    renew = false;
    if ("value" in outcome) {
      settled.onAnswer?.(noticeOf(name, outcome.status, outcome.headers, sent));
      return outcome.value;
    }
    const { error, afterSeconds } = outcome;
    const refused = error instanceof ProblemError ? error.status : undefined;
    if (refused === 401 && typeof settled.token === "function" && !renewed) {
      renewed = true;
      renew = true;
      continue;
    }
    if (refused !== undefined && !isPassing(refused, afterSeconds !== undefined)) throw error;
    if (isUntrusted(error)) throw error;
    const wait = waitMs(repeats, retries, clock.random(), afterSeconds);
    repeats += 1;
    internals += refused === 500 ? 1 : 0;
    const late = clock.now() + wait - startedAt > retries.withinMs;
    const often = repeats >= retries.attempts || internals >= INTERNAL_ATTEMPTS_MAX;
    if (often || late) throw error;
    settled.onRetry?.({ request: name, reason: error.message, waitMs: wait });
    await clock.sleep(wait, signals.length > 0 ? AbortSignal.any([...signals]) : undefined);
  }
};

/** A request for `fetch`, created anew for each attempt. */
type Prepare = (renew: boolean) => Promise<{ readonly url: string; readonly init: RequestInit }>;

/** One attempt of a request: a response that `take` has read, or the error. */
const attemptOf =
  <T>(
    name: string,
    settled: Settled,
    clock: Clock,
    prepare: Prepare,
    take: (response: Response) => Promise<T>,
  ): Attempt<T> =>
  async (renew) => {
    for (const signal of settled.signals) signal.throwIfAborted();
    // An error of the token provider is the caller's own, and is not retried here.
    const { url, init } = await prepare(renew);
    const { signal, stop } = bounded(settled);
    try {
      const response = await settled.fetch(url, { ...init, signal });
      if (!response.ok) {
        const error = readProblem(response, await response.text(), name, clock.now());
        return { error, afterSeconds: error.retryAfterSeconds };
      }
      const { status, headers } = response;
      return { value: await take(response), status, headers };
    } catch (error) {
      for (const one of settled.signals) one.throwIfAborted();
      return { error: failureOf(signal.aborted ? signal.reason : error, name) };
    } finally {
      stop();
    }
  };

/** Makes the sender of a client. */
export function createSender(options: ClientOptions): Sender {
  const clock = options.clock ?? CLOCK;
  const bookmark = createBookmark();

  const call = async <T>(
    what: Call,
    given: CallOptions | undefined,
    take: (response: Response) => Promise<T>,
  ): Promise<T> => {
    const settled = settle(options, given);
    const key = settled.idempotencyKey ?? crypto.randomUUID();
    const body = bodyText(what);
    const prepare: Prepare = async (renew) => {
      const token = await tokenOf(settled, renew);
      const known = settled.bookmark === undefined ? bookmark.read() : (settled.bookmark ?? "");
      const headers = headersOf(what, settled, { token, key, bookmark: known });
      const init = { method: what.method, headers, ...(body === undefined ? {} : { body }) };
      return { url: addressOf(options.url, what), init };
    };
    const noting = async (response: Response): Promise<T> => {
      bookmark.note(response.headers);
      return take(response);
    };
    const name = nameOf(what);
    return persist(name, settled, clock, attemptOf(name, settled, clock, prepare, noting));
  };

  return {
    clock,
    settled: (given) => settle(options, given),
    send: async (what, given) =>
      call(what, given, async (response) => ({
        text: await response.text(),
        headers: response.headers,
      })),
    open: async (what, given) => call(what, given, async (response) => response),
    openFile: async ({ method, url, headers = {}, content }, given) => {
      const settled = { ...settle(options, given), token: undefined };
      const init = { method, headers, ...(content === undefined ? {} : { body: content }) };
      // Without its query, which is the permission.
      const name = `${method} ${url.split("?")[0]}`;
      const attempt = attemptOf(
        name,
        settled,
        clock,
        async () => ({ url, init }),
        async (response: Response) => response,
      );
      return persist(name, settled, clock, attempt);
    },
  };
}
