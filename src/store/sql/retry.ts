import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import { backOff, isConflict, isTransient } from "./session.ts";
import type { InTurn } from "../tasks/queue.ts";

/**
 * Runs a load-plan-batch attempt, and repeats it from its load after a lost race or a transient error
 * of the platform. Repeated attempts run one after another, so that they do not conflict again.
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
