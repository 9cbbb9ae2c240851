import { aroundDatabase } from "./database.ts";
import { sequence } from "../run/clock.ts";
import { figure } from "../run/figures.ts";

/** The duration of calls. */
export interface Latency {
  /** Mean of a call, in milliseconds; each takes between none and twice that. */
  readonly millis?: number;
  /** Seed of the times, so that a run can be repeated as far as timers permit. */
  readonly seed?: number;
}

/** Milliseconds that a call takes, about. */
const CALL_MILLIS = figure("CALL_MILLIS");

const sleep = (millis: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, millis);
  });

/**
 * A database as far away as over a network: a part of the time passes before the call takes effect,
 * and the rest before its result arrives. So other calls come in between, which the local emulator
 * is too fast for.
 */
export const distantDatabase = (real: D1Database, latency: Latency = {}): D1Database => {
  const { millis = CALL_MILLIS, seed = Math.trunc(Math.random() * 2 ** 31) } = latency;
  const random = sequence(seed);
  return aroundDatabase(real, async (_sent, call) => {
    await sleep(random() * millis);
    const result = await call();
    await sleep(random() * millis);
    return result;
  });
};
