/** When a call is tried again, and after how long. */
export interface Retries {
  /** Times that a call is tried in all; 1 tries it once. Default 4. */
  readonly attempts: number;
  /** Longest wait before the first repeat; doubles with each. Default 500. */
  readonly baseMs: number;
  /** Longest wait that is chosen here; a `Retry-After` may be longer. Default 8,000. */
  readonly maxMs: number;
  /** No repeat begins later than this after the call. Default 120,000. */
  readonly withinMs: number;
}

/** What holds unless the client or the call says otherwise. */
export const RETRIES: Retries = { attempts: 4, baseMs: 500, maxMs: 8_000, withinMs: 120_000 };

/** Time and chance, so that tests can stand in for them. */
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

/** Seconds of a `Retry-After` header (RFC 9110: seconds or a date), undefined when unreadable. */
export function retryAfterSeconds(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
}

/** Times that a call is tried which answers 500: a server being stopped, or else a defect. */
export const INTERNAL_ATTEMPTS_MAX = 5;

/** True for an answer after which the same call may fare better. */
export function isPassing(status: number, hasRetryAfter: boolean): boolean {
  return status === 408 || status === 429 || status >= 500 || (status === 409 && hasRetryAfter);
}

/**
 * Milliseconds to wait before the repeat of a number (0 is the first): full jitter, so that clients
 * which failed together come back apart, and never less than the server asks for.
 */
export function waitMs(
  repeat: number,
  { baseMs, maxMs }: Retries,
  random: number,
  afterSeconds: number | undefined,
): number {
  return Math.max((afterSeconds ?? 0) * 1000, random * Math.min(maxMs, baseMs * 2 ** repeat));
}
