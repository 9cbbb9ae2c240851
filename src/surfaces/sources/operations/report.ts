/** What the pipelines service reports. */
import type { Principal } from "../../../identity/principal.ts";
import { AppError } from "../../../model/error.ts";
import type { Receipt, WriteContext } from "../../../model/transaction.ts";
import type { FlowEvent } from "../../../schema/source/flow.ts";
import { reportEvent, type FlowAnswer, type Store } from "../../../store/index.ts";

/** The reporter: the pipelines service. */
const REPORTER: Principal = { kind: "system", id: "system:pipelines", role: null };

/**
 * Records an event of a pipeline, and returns the state of its flow.
 *
 * @throws AppError `conflict` while the embedded runner works on the dataset.
 */
export async function recordEvent(
  store: Pick<Store, "write">,
  event: FlowEvent,
  context: WriteContext,
): Promise<{ readonly receipt: Receipt; readonly state: FlowAnswer }> {
  const { receipt, answer } = await reportEvent(store, REPORTER, context, { event });
  if (answer !== null) return { receipt, state: answer };
  throw new AppError("conflict", "The embedded runner is at work on this flow.");
}
