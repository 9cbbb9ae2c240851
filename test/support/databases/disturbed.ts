import { aroundDatabase } from "./database.ts";

/** A database that calls back between its calls. */
export interface DisturbedDatabase {
  readonly database: D1Database;
  /** From now on calls back before every call but the first. */
  readonly arm: () => void;
  /** Stops calling back; returns how often it did. */
  readonly disarm: () => number;
}

/**
 * Runs a callback between the calls of a read: a write of another caller may happen at any time,
 * and here it happens each time.
 */
export const disturbedDatabase = (
  real: D1Database,
  happen: () => Promise<unknown>,
): DisturbedDatabase => {
  let calls: number | undefined;
  let happened = 0;
  const database = aroundDatabase(real, async (_sent, call) => {
    if (calls === undefined) return call();
    calls += 1;
    if (calls > 1) {
      happened += 1;
      await happen();
    }
    return call();
  });
  return {
    database,
    arm: () => {
      calls = 0;
      happened = 0;
    },
    disarm: () => {
      calls = undefined;
      return happened;
    },
  };
};
