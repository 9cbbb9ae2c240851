import { AppError } from "../../model/error.ts";
import type { Receipt, WriteContext } from "../../model/transaction.ts";
import type { Principal } from "../../identity/principal.ts";
import type { Store } from "../store.ts";
import { eventDecision, type FlowAnswer, type FlowReport } from "./event.ts";

/** How often an event is written when each write ends in a conflict. */
const ROUNDS_MAX = 20;

/**
 * Writes the event of a pipeline. Its sender does not retry, so that a conflict is retried here more
 * often than for other writes. The answer is null, and nothing is written, when another worker holds
 * the lease of the dataset.
 */
export async function reportEvent(
  store: Pick<Store, "write">,
  principal: Principal,
  context: WriteContext,
  report: FlowReport,
): Promise<{ readonly receipt: Receipt; readonly answer: FlowAnswer | null }> {
  const request = { context, decision: eventDecision(report) };
  for (let round = 1; ; round += 1) {
    try {
      const receipt = await store.write(principal, request);
      return { receipt, answer: JSON.parse(receipt.answer ?? "null") as FlowAnswer | null };
    } catch (error) {
      const isLost = error instanceof AppError && error.code === "conflict";
      if (!isLost || round === ROUNDS_MAX) throw error;
    }
  }
}
