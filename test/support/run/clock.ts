import { vi } from "vitest";

/** A clock that tests can set; `Date` everywhere in the isolate follows it. */
export interface TurnedClock {
  /** Sets the clock to so many milliseconds after (or before) the start. */
  readonly turn: (offsetMillis: number) => void;
  /** Restores the real `Date`. */
  readonly restore: () => void;
}

/** Replaces only `Date`: timers and promises run as always. */
export const turnClock = (startMillis: number): TurnedClock => {
  vi.useFakeTimers({ toFake: ["Date"], now: startMillis });
  return {
    turn: (offsetMillis) => {
      vi.setSystemTime(startMillis + offsetMillis);
    },
    restore: () => {
      vi.useRealTimers();
    },
  };
};

/**
 * A repeatable sequence of numbers in [0, 1) (mulberry32), so that a failing run can be repeated.
 */
export const sequence = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** The seed of a property test: `FC_SEED` when it is set, else a new one. */
export const seedOf = (given: string | undefined): number =>
  given === undefined || given === "" ? Math.trunc(Math.random() * 2 ** 31) : Number(given);
