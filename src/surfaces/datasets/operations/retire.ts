/** Deleting a dataset: no more records first, then tombstones of those that there are. */
import type { WriteContext } from "../../../model/transaction.ts";
import type { Principal } from "../../../identity/principal.ts";
import { LIMITS } from "../../../model/limits.ts";
import type { Change } from "../../../model/transaction.ts";
import type { Store } from "../../../store/store.ts";
import type { Decision } from "../../../store/write/decision.ts";
import { retirementOf } from "../definition/parse.ts";

/** Tombstones of up to so many records, in one transaction. */
const burying = (name: string): Decision => ({
  actions: ["delete"],
  whole: true,
  subject: () => ({
    payloadType: name,
    identifiers: [],
    condition: { kind: "true" },
    sequences: [],
    window: { sort: [], offset: 0, limit: LIMITS.batchItemsMax },
  }),
  decide: ({ matched }) => ({
    changes: matched.map(({ identifier }): Change => ({
      kind: "delete",
      identifier,
      cascade: false,
    })),
    answer: matched.length,
  }),
});

/**
 * Deletes a dataset. Its definition goes first, so that nothing is added meanwhile; a large dataset
 * takes several transactions, and who repeats a call that was cut off goes on where it stopped.
 */
export const retire = async (
  store: Store,
  principal: Principal,
  name: string,
  context: WriteContext,
): Promise<{ readonly replayed: boolean }> => {
  const { replayed } = await store.registerType(principal, context, retirementOf(name));
  if (replayed) return { replayed };
  const { idempotency: _key, ...plain } = context;
  for (let round = 1; ; round += 1) {
    const part = { ...plain, operation: "delete", requestId: `${context.requestId}/${round}` };
    const receipt = await store.write(principal, { context: part, decision: burying(name) });
    if (receipt.deleted < LIMITS.batchItemsMax) return { replayed };
  }
};
