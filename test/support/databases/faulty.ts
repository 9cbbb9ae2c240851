import { aroundDatabase } from "./database.ts";

/**
 * Which call fails, from 1, and when: `before` it reaches the database, or `after` it took effect
 * there and only the acknowledgement was lost.
 */
export interface Fault {
  readonly call: number;
  readonly when: "before" | "after";
}

/** A database whose calls can be made to fail. */
export interface FaultyDatabase {
  readonly database: D1Database;
  /** Counts from 1 again, and from now on fails as specified; without a fault, not at all. */
  readonly arm: (fault?: Fault) => void;
  /** Calls since it was armed. */
  readonly calls: () => number;
  /** True when the armed fault has happened. */
  readonly struck: () => boolean;
}

/** The platform's error when it does not know whether a call took effect. */
export const LOST = "D1_ERROR: Network connection lost.";

/** Wraps a binding so that one chosen call fails. */
export const faultyDatabase = (real: D1Database, message = LOST): FaultyDatabase => {
  let armed: Fault | undefined;
  let count = 0;
  let struck = false;
  const database = aroundDatabase(real, async (_sent, call) => {
    count += 1;
    const hit = armed !== undefined && count === armed.call;
    if (hit) struck = true;
    if (hit && armed?.when === "before") throw new Error(message);
    const result = await call();
    if (hit) throw new Error(message);
    return result;
  });
  return {
    database,
    arm: (fault) => {
      armed = fault;
      count = 0;
      struck = false;
    },
    calls: () => count,
    struck: () => struck,
  };
};
