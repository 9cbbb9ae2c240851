/** How a Worker calls the object of a scope. */
import { sha256Hex } from "../model/digest.ts";
import { AppError } from "../model/error.ts";
import { backOff } from "../store/index.ts";
import type { Principal } from "../identity/principal.ts";
import type { Receipt, RegisterChange, WriteContext } from "../model/transaction.ts";
import type { Allocator, Outcome } from "./allocator.ts";

/**
 * Names of objects leave the jurisdiction of their data, so they contain only a digest of the
 * scope.
 */
const objectName = ({ payloadType, scope }: RegisterChange): Promise<string> =>
  sha256Hex(new TextEncoder().encode(JSON.stringify([payloadType, scope])));

const isRetryable = (error: unknown): boolean =>
  typeof error === "object" &&
  error !== null &&
  (error as { retryable?: boolean }).retryable === true &&
  (error as { overloaded?: boolean }).overloaded !== true;

const ATTEMPTS_MAX = 3;

/**
 * Registers the changes of one scope through its object.
 *
 * @throws AppError as the object's write does; `unavailable` when the object could not be reached.
 */
export async function registerInTurn(
  namespace: DurableObjectNamespace<Allocator>,
  principal: Principal,
  context: WriteContext,
  changes: readonly RegisterChange[],
): Promise<{ readonly receipt: Receipt; readonly bookmark: string | null }> {
  const [first] = changes;
  if (first === undefined) throw new Error("A registration without changes has no scope.");
  const name = await objectName(first);
  for (let attempt = 1; ; attempt += 1) {
    try {
      // A stub that threw is broken, so each attempt gets a new one.
      const stub = namespace.getByName(name);
      const outcome: Outcome = await stub.register(principal, context, changes);
      if (outcome.ok) return outcome;
      const { code, message, details, retryAfterSeconds } = outcome.refusal;
      throw new AppError(code, message, {
        details,
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      });
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (!isRetryable(error) || attempt >= ATTEMPTS_MAX) {
        throw new AppError("unavailable", "The allocator could not be reached; try again.", {
          cause: error,
          retryAfterSeconds: 1,
        });
      }
      await backOff(attempt);
    }
  }
}
