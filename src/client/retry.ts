/** When a call is retried, and after how long. */
export interface Retries {
  /** Number of attempts in all; 1 means no retry. Default 4. */
  readonly attempts: number;
  /** Longest delay before the first retry; doubles with each. Default 500. */
  readonly baseMs: number;
  /** Longest delay that the client chooses; a `Retry-After` may be longer. Default 8,000. */
  readonly maxMs: number;
  /** No retry begins later than this after the call. Default 120,000. */
  readonly withinMs: number;
}

/** The defaults. */
export const RETRIES: Retries = { attempts: 4, baseMs: 500, maxMs: 8_000, withinMs: 120_000 };

/** Clock and random numbers, which tests can replace. */
export interface Clock {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** From 0, below 1. */
  readonly random: () => number;
  /** Waits, and throws the signal's reason when it is aborted. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

/** The real ones. */
export const CLOCK: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: async (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", stop);
        resolve();
      }, milliseconds);
      if (signal?.aborted === true) stop();
      else signal?.addEventListener("abort", stop, { once: true });
    }),
};

/**
 * Seconds of a `Retry-After` header (RFC 9110: seconds or a date), undefined when it is invalid.
 */
export function retryAfterSeconds(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
}

/** Attempts of a call that gets 500: a server that is being stopped, or else a defect. */
export const INTERNAL_ATTEMPTS_MAX = 5;

/** Certificates that will not be trusted the next time either. */
const CERTIFICATE =
  /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_[A-Z_]+|CERT_[A-Z_]+|ERR_TLS_CERT_[A-Z_]+)$/;

/** True when a call failed since the certificate of the server is not trusted. */
export function isUntrusted(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? error.code : undefined;
  return (typeof code === "string" && CERTIFICATE.test(code)) || isUntrusted(error.cause);
}

/** True for a response after which the same call may succeed. */
export function isPassing(status: number, hasRetryAfter: boolean): boolean {
  return status === 408 || status === 429 || status >= 500 || (status === 409 && hasRetryAfter);
}

/**
 * Milliseconds before a retry by its number (0 is the first): full jitter, so that clients which
 * failed together come back apart, and never less than the server requires.
 */
export function waitMs(
  repeat: number,
  { baseMs, maxMs }: Retries,
  random: number,
  afterSeconds: number | undefined,
): number {
  return Math.max((afterSeconds ?? 0) * 1000, random * Math.min(maxMs, baseMs * 2 ** repeat));
}
