import { type Clock, RETRIES, type Retries } from "./retry.ts";

/**
 * A bearer token, or a function that provides one; called again with `renew` after the server
 * refused it.
 */
export type Token = string | ((renew: boolean) => string | Promise<string>);

/** A past instant: RFC 3339 with an offset, or a `Date`. */
export type Instant = string | Date;

/** Called for every retry. */
export interface RetryNotice {
  readonly request: string;
  readonly reason: string;
  readonly waitMs: number;
}

/** Metadata of a response. */
export interface AnswerNotice {
  readonly request: string;
  readonly status: number;
  /** Identifies the request in the server's log. */
  readonly requestId: string | undefined;
  /** The transaction of a write; undefined when nothing had to be written. */
  readonly transaction: number | undefined;
  /** True when an earlier attempt of this call had done the work. */
  readonly replayed: boolean;
  /** How often the call was sent. */
  readonly attempts: number;
}

/** Options of every call of a client, which each call can override. */
export interface SharedOptions {
  /** Every read uses the state of this instant; null: the present. */
  readonly as_of?: Instant | null | undefined;
  /** null: no token. */
  readonly token?: Token | null | undefined;
  /**
   * Timeout of one attempt in milliseconds; 0: none. Default 60,000. For a stream: until it begins.
   */
  readonly timeoutMs?: number | undefined;
  /** Aborts the call. Signals of the client and of the call both count. */
  readonly signal?: AbortSignal | undefined;
  readonly fetch?: typeof fetch | undefined;
  readonly retries?: Partial<Retries> | undefined;
  /** The reason of a write, 1 to 1,024 characters; its transaction stores it. null: none. */
  readonly reason?: string | null | undefined;
  /** Further headers; those of the call override the client's. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
  readonly onAnswer?: ((notice: AnswerNotice) => void) | undefined;
}

/** Options of one call. */
export interface CallOptions extends SharedOptions {
  /** Of a write; by default the client generates a random one. */
  readonly idempotencyKey?: string | undefined;
  /**
   * Of a read: read at least this state. The client sends the latest that it received; null: none.
   */
  readonly bookmark?: string | null | undefined;
}

/** Options of a client. */
export interface ClientOptions extends SharedOptions {
  /** Where the API is served, e.g. `https://data.example.org`. */
  readonly url: string;
  /** Clock and random numbers; for tests. */
  readonly clock?: Clock | undefined;
}

/** The merged options of a call. */
export interface Settled {
  readonly as_of: string | undefined;
  readonly token: Token | undefined;
  readonly timeoutMs: number;
  readonly signals: readonly AbortSignal[];
  readonly fetch: typeof fetch;
  readonly retries: Retries;
  readonly reason: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly onRetry: ((notice: RetryNotice) => void) | undefined;
  readonly onAnswer: ((notice: AnswerNotice) => void) | undefined;
  readonly idempotencyKey: string | undefined;
  readonly bookmark: string | null | undefined;
}

const TIMEOUT_MS = 60_000;

/** An instant in the form of the API. */
export function instantText(instant: Instant | null | undefined): string | undefined {
  return instant instanceof Date ? instant.toISOString() : (instant ?? undefined);
}

const defined = <T extends object>(values: T | undefined): Partial<T> =>
  Object.fromEntries(
    Object.entries(values ?? {}).filter(([, value]) => value !== undefined),
  ) as Partial<T>;

/** Merges the options of a call into those of its client. */
export function settle(client: SharedOptions, call: CallOptions = {}): Settled {
  const both = { ...defined(client), ...defined(call) };
  return {
    as_of: instantText(both.as_of),
    token: both.token ?? undefined,
    timeoutMs: both.timeoutMs ?? TIMEOUT_MS,
    signals: [client.signal, call.signal].flatMap((signal) => signal ?? []),
    // Looked up at each call, and called without a `this`, as browsers require.
    fetch: both.fetch ?? (async (...words) => fetch(...words)),
    retries: { ...RETRIES, ...defined(client.retries), ...defined(call.retries) },
    reason: both.reason ?? undefined,
    headers: { ...client.headers, ...call.headers },
    onRetry: both.onRetry,
    onAnswer: both.onAnswer,
    idempotencyKey: call.idempotencyKey,
    bookmark: call.bookmark,
  };
}
