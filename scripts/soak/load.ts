/** Sends the requests of clients: as fast as they are answered, or at a rate. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Call, send, type Target } from "../bench/load.ts";
import type { MixedCall } from "./mix.ts";

/** A completed request. */
export interface Sample {
  readonly kind: string;
  /** When it was due, milliseconds since the beginning. */
  readonly at: number;
  /** Time between when it was due and the response, milliseconds. */
  readonly millis: number;
}

/** Its result. */
export interface Run {
  readonly samples: readonly Sample[];
  readonly seconds: number;
  /** Failed requests. */
  readonly errors: readonly string[];
}

const errorOf = async (target: Target, call: Call): Promise<string | undefined> => {
  try {
    const { status, text } = await send(target, call);
    return status < 300 ? undefined : `${call.path} answered ${status}: ${text.slice(0, 300)}`;
  } catch (error) {
    return `${call.path}: ${(error as Error).message}`;
  }
};

/** One of the clients. */
export interface Sender {
  readonly target: Target;
  readonly next: () => MixedCall;
}

/**
 * Runs the clients until the time is up.
 *
 * @param everyMillis interval of each client's requests; 0 for as soon as there is a response. A
 * client that is
 * late sends at once, and its delay counts.
 */
export const runClients = async (
  senders: readonly Sender[],
  seconds: number,
  everyMillis = 0,
): Promise<Run> => {
  const samples: Sample[] = [];
  const errors: string[] = [];
  const started = performance.now();
  const ends = seconds * 1000;
  const now = (): number => performance.now() - started;
  await Promise.all(
    senders.map(async ({ target, next }, index) => {
      let due = (index / senders.length) * everyMillis;
      while (due < ends) {
        const early = due - now();
        if (early > 0) await sleep(early);
        const { kind, call } = next();
        const error = await errorOf(target, call);
        if (error === undefined) samples.push({ kind, at: due, millis: now() - due });
        else errors.push(error);
        due = everyMillis === 0 ? now() : due + everyMillis;
      }
    }),
  );
  return { samples, seconds: now() / 1000, errors };
};
