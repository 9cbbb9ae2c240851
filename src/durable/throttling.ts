/** How Workers reach the buckets: of logins, and of requests in general. */
import { bytesToHex } from "@noble/hashes/utils.js";
import type { BucketRule, Taken } from "../identity/bucket.ts";
import type { LoginThrottle } from "../identity/accounts.ts";
import { AppError } from "../model/error.ts";
import { LIMITS } from "../model/limits.ts";
import type { Throttle } from "./throttle.ts";

const ACCOUNT: BucketRule = {
  capacity: LIMITS.accountFailuresMax,
  perSecond: 1 / LIMITS.accountFailureSeconds,
};

/** A whole hospital may share one address. */
const ADDRESS: BucketRule = {
  capacity: LIMITS.addressFailuresMax,
  perSecond: 1 / LIMITS.addressFailureSeconds,
};

/**
 * Reaches buckets by names that reveal nothing, because names leave the jurisdiction of the data.
 */
export interface Buckets {
  readonly take: (name: string, rule: BucketRule, count: number) => Promise<Omit<Taken, "bucket">>;
  readonly give: (name: string, rule: BucketRule, count: number) => Promise<void>;
}

/** The buckets behind a namespace. `key` signs their names, so that no name can be guessed. */
export function bucketsOf(
  namespace: DurableObjectNamespace<Throttle>,
  key: () => Promise<CryptoKey>,
): Buckets {
  const stubOf = async (name: string): Promise<DurableObjectStub<Throttle>> => {
    const text = new TextEncoder().encode(`throttle ${name}`);
    return namespace.getByName(
      bytesToHex(new Uint8Array(await crypto.subtle.sign("HMAC", await key(), text))),
    );
  };
  return {
    take: async (name, rule, count) => (await stubOf(name)).take(rule, count),
    give: async (name, rule, count) => (await stubOf(name)).give(rule, count),
  };
}

const tooMany = (message: string, retryAfterSeconds: number): AppError =>
  new AppError("too_many_requests", message, { retryAfterSeconds });

/**
 * The throttle of logins from one address. While the buckets are unreachable, logins fail: otherwise
 * an attacker could remove the limit by disturbing the buckets.
 *
 * @param address the caller's; absent when it is unknown.
 */
export function loginThrottle(buckets: Buckets, address: string | undefined): LoginThrottle {
  return {
    take: async (account) => {
      const taken: (readonly [string, BucketRule])[] = [];
      const wanted: readonly (readonly [string, BucketRule])[] = [
        [`account ${account}`, ACCOUNT],
        ...(address === undefined ? [] : [[`address ${address}`, ADDRESS] as const]),
      ];
      const giveBack = async (): Promise<void> => {
        await Promise.all(taken.map(([name, rule]) => buckets.give(name, rule, 1)));
      };
      for (const [name, rule] of wanted) {
        const { isAllowed, retryAfterSeconds } = await reached(buckets.take(name, rule, 1));
        if (!isAllowed) {
          await giveBack();
          throw tooMany("Too many failed logins; try again later.", retryAfterSeconds);
        }
        taken.push([name, rule]);
      }
      return giveBack;
    },
  };
}

const reached = async <Value>(call: Promise<Value>): Promise<Value> => {
  try {
    return await call;
  } catch (error) {
    throw new AppError("unavailable", "Logins cannot be counted at present; try again.", {
      cause: error,
      retryAfterSeconds: 1,
    });
  }
};

const WINDOW_SECONDS = 60;
/**
 * The fraction of a minute's requests that an isolate takes at once, so that it need not call the
 * bucket for each.
 */
const LEASES = 100;
const HOLDERS_MAX = 10_000;

interface Lease {
  /** Requests that this isolate may still let pass. */
  left: number;
  /** What was left in the bucket when the lease was taken. */
  readonly remaining: number;
}

/** What a caller learns about the limit: the fields of the RateLimit headers. */
export interface RateState {
  readonly limit: number;
  readonly windowSeconds: number;
  readonly remaining: number;
  /** Seconds until there is more. */
  readonly resetSeconds: number;
  readonly isAllowed: boolean;
}

/** Counts one request of a holder (a principal, or the address of an anonymous caller). */
export type RateLimit = (holder: string) => Promise<RateState>;

/**
 * The general limit: so many requests a minute for each holder, over all isolates. An isolate takes
 * a hundredth of them at a time. While the buckets are unreachable, requests pass: a limit that
 * protects the service must not take it down.
 */
export function rateLimit(buckets: Buckets, perMinute: number): RateLimit {
  const rule: BucketRule = { capacity: perMinute, perSecond: perMinute / WINDOW_SECONDS };
  const size = Math.max(1, Math.floor(perMinute / LEASES));
  const leases = new Map<string, Lease>();
  const state = (remaining: number, resetSeconds: number, isAllowed: boolean): RateState => ({
    limit: perMinute,
    windowSeconds: WINDOW_SECONDS,
    remaining,
    resetSeconds,
    isAllowed,
  });
  const cacheLease = (holder: string, lease: Lease): void => {
    leases.delete(holder);
    leases.set(holder, lease);
    const [oldest] = leases.keys();
    if (leases.size > HOLDERS_MAX && oldest !== undefined) leases.delete(oldest);
  };
  return async (holder) => {
    const known = leases.get(holder);
    if (known !== undefined && known.left > 0) {
      known.left -= 1;
      return state(known.remaining + known.left, WINDOW_SECONDS, true);
    }
    try {
      const taken = await buckets.take(`holder ${holder}`, rule, size);
      if (!taken.isAllowed) return state(0, taken.retryAfterSeconds, false);
      cacheLease(holder, { left: size - 1, remaining: taken.remaining });
      return state(taken.remaining + size - 1, WINDOW_SECONDS, true);
    } catch (error) {
      const name = error instanceof Error ? error.name : typeof error;
      console.error(JSON.stringify({ level: "error", event: "rate limit unreachable", name }));
      return state(perMinute, WINDOW_SECONDS, true);
    }
  };
}
