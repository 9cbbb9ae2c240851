import { aroundDatabase } from "./database.ts";

/** A database between whose calls something happens. */
export interface DisturbedDatabase {
  readonly database: D1Database;
  /** From now on something happens before every call but the first. */
  readonly arm: () => void;
  /** Nothing happens any more; answers how often it did. */
  readonly disarm: () => number;
}

/**
 * Lets something happen between the calls of who reads: what a write of another caller may do at any
 * time, here happens each time.
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
