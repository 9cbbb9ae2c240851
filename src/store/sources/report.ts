import { AppError } from "../../model/error.ts";
import type { Receipt, WriteContext } from "../../model/transaction.ts";
import type { Principal } from "../../identity/principal.ts";
import type { Store } from "../store.ts";
import { eventDecision, type FlowAnswer, type FlowReport } from "./event.ts";

/** Times that an event is written again after it has lost all races of a write. */
const ROUNDS_MAX = 20;

/**
 * Writes what a pipeline reports. Whoever reports does not ask twice, so that an event which others
 * were faster than is not given up as other writes are. Answers null, and writes nothing, where another
 * works on the dataset.
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
