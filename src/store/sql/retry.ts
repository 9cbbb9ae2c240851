import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import { backOff, isConflict, isTransient } from "./session.ts";
import type { InTurn } from "../tasks/queue.ts";

/**
 * Runs a load-plan-batch attempt, and runs it again from its load after a lost race or a fault that
 * the platform calls transient. Repeats wait for each other instead of losing again.
 *
 * @throws AppError `conflict` or `unavailable` when the last attempt failed as well.
 */
export async function withRetries<T>(inTurn: InTurn, once: () => Promise<T>): Promise<T> {
  for (let count = 1; ; count += 1) {
    try {
      return await (count === 1 ? once() : inTurn(once));
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (!isConflict(error) && !isTransient(error)) throw error;
      if (count >= LIMITS.writeAttemptsMax) {
        const [code, detail] = isConflict(error)
          ? (["conflict", "Other writes were faster; try again."] as const)
          : (["unavailable", "The database could not be reached; try again."] as const);
        throw new AppError(code, detail, { cause: error, retryAfterSeconds: 1 });
      }
      await backOff(count);
    }
  }
}
