import { type Clock, RETRIES, type Retries } from "./retry.ts";

/** A bearer token, or what gives one; asked again with `renew` after the server refused it. */
export type Token = string | ((renew: boolean) => string | Promise<string>);

/** An instant of the past: RFC 3339 with an offset, or a `Date`. */
export type Instant = string | Date;

/** Told of every repeat. */
export interface RetryNotice {
  readonly request: string;
  readonly reason: string;
  readonly waitMs: number;
}

/** What came with an answer. */
export interface AnswerNotice {
  readonly request: string;
  readonly status: number;
  /** Names the request in the server's log. */
  readonly requestId: string | undefined;
  /** The transaction that a write made; undefined when nothing had to be written. */
  readonly transaction: number | undefined;
  /** An earlier sending of this very call had done the work. */
  readonly replayed: boolean;
  /** Times that the call was sent. */
  readonly attempts: number;
}

/** What holds for every call of a client, and can be said anew for each. */
export interface SharedOptions {
  /** Every read answers from the state of this instant; null: of now. */
  readonly as_of?: Instant | null | undefined;
  /** null: no token. */
  readonly token?: Token | null | undefined;
  /** Milliseconds for one attempt; 0: no bound. Default 60,000. A stream: until it begins. */
  readonly timeoutMs?: number | undefined;
  /** Ends the call. Signals of the client and of the call both count. */
  readonly signal?: AbortSignal | undefined;
  readonly fetch?: typeof fetch | undefined;
  readonly retries?: Partial<Retries> | undefined;
  /** Of writes: why they are made, 1 to 1,024 characters, which their transactions keep. null: none. */
  readonly reason?: string | null | undefined;
  /** Further headers; those of the call come on top of the client's. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
  readonly onAnswer?: ((notice: AnswerNotice) => void) | undefined;
}

/** Options of one call. */
export interface CallOptions extends SharedOptions {
  /** Of a write; the client takes a random one otherwise. */
  readonly idempotencyKey?: string | undefined;
  /** Of a read: see at least this state. The client carries the newest it met; null: none. */
  readonly bookmark?: string | null | undefined;
}

/** Options of a client. */
export interface ClientOptions extends SharedOptions {
  /** Where the API is served, e.g. `https://data.example.org`. */
  readonly url: string;
  /** Time and chance; for tests. */
  readonly clock?: Clock | undefined;
}

/** The options that a call runs under. */
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

/** An instant as the API takes it. */
export function instantText(instant: Instant | null | undefined): string | undefined {
  return instant instanceof Date ? instant.toISOString() : (instant ?? undefined);
}

const defined = <T extends object>(values: T | undefined): Partial<T> =>
  Object.fromEntries(
    Object.entries(values ?? {}).filter(([, value]) => value !== undefined),
  ) as Partial<T>;

/** Puts the options of a call over those of its client. */
export function settle(client: SharedOptions, call: CallOptions = {}): Settled {
  const both = { ...defined(client), ...defined(call) };
  return {
    as_of: instantText(both.as_of),
    token: both.token ?? undefined,
    timeoutMs: both.timeoutMs ?? TIMEOUT_MS,
    signals: [client.signal, call.signal].flatMap((signal) => signal ?? []),
    // Looked up at each call, and called without an owner, as browsers ask for.
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
