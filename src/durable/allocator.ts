/**
 * The Durable Object that serializes the allocation of patient and study identifiers: one object
 * for each datasource (patients) and each patient (studies), so that no global lock limits
 * throughput.
 *
 * It stores nothing itself. The number, the resource and the record of the external identifier are
 * written in one D1 batch, and a UNIQUE constraint there decides: a crash at any moment leaves
 * either all of them or none, so that no number is lost, skipped or allocated twice. The object
 * adds order: callers of one scope wait for each other instead of colliding.
 */
import { DurableObject } from "cloudflare:workers";
import type { Principal } from "../identity/principal.ts";
import { AppError, type ErrorCode, type ErrorDetail } from "../model/error.ts";
import type { Receipt, RegisterChange, WriteContext } from "../model/transaction.ts";
import { createMemory, createQueue, openStore } from "../store/index.ts";

/** An AppError in the form that crosses the object's boundary, since classes cannot. */
export interface AllocationError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: readonly ErrorDetail[];
  readonly retryAfterSeconds?: number;
}

/** What a registration returns across the boundary. */
export type Outcome =
  | { readonly ok: true; readonly receipt: Receipt; readonly bookmark: string | null }
  | { readonly ok: false; readonly refusal: AllocationError };

const errorOf = (error: AppError): AllocationError => ({
  code: error.code,
  message: error.message,
  details: error.details,
  ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
});

/** Longer than a registration can take: D1 gives a batch 30 seconds. */
const TURN_PATIENCE_MILLIS = 60_000;

/** The queue of one scope. */
export class Allocator extends DurableObject<Env> {
  readonly #memory = createMemory();
  readonly #inTurn = createQueue(TURN_PATIENCE_MILLIS);

  /** Registers all changes or none, after the calls that came before. */
  async register(
    principal: Principal,
    context: WriteContext,
    changes: readonly RegisterChange[],
  ): Promise<Outcome> {
    try {
      return await this.#inTurn(async () => {
        const store = openStore({
          database: this.env.DB,
          memory: this.#memory,
          anonymousAccess: { publicRead: false },
          // A registration names no objects.
          bucket: "",
          now: () => Date.now() * 1000,
          auditContext: () => ({ requestId: context.requestId, route: context.route ?? "" }),
        });
        const receipt = await store.write(principal, { context, changes });
        return { ok: true, receipt, bookmark: store.bookmark() };
      });
    } catch (error) {
      if (error instanceof AppError) return { ok: false, refusal: errorOf(error) };
      throw error;
    }
  }
}
