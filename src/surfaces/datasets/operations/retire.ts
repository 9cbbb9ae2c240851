/** Deletes a dataset: first it takes no more records, then its records become tombstones. */
import type { WriteContext } from "../../../model/transaction.ts";
import type { Principal } from "../../../identity/principal.ts";
import { AppError } from "../../../model/error.ts";
import { LIMITS } from "../../../model/limits.ts";
import type { Change } from "../../../model/transaction.ts";
import {
  BudgetSpent,
  type DecidedRequest,
  type Decision,
  type Store,
} from "../../../store/index.ts";
import { datasetNamed } from "../language/dataset.ts";
import { retirementOf } from "../language/parse-definition.ts";

/** Deletes at most so many records, in one transaction. */
const deleting = (name: string, most: number): Decision => ({
  actions: ["delete"],
  whole: true,
  subject: () => ({
    payloadType: name,
    identifiers: [],
    condition: { kind: "true" },
    sequences: [],
    window: { sort: [], offset: 0, limit: most },
  }),
  decide: ({ matched, registry }) => {
    // Records that were added after the dataset was defined again are kept.
    const records = datasetNamed(registry, name)?.retired === true ? matched : [];
    return {
      changes: records.map(({ identifier }): Change => ({
        kind: "delete",
        identifier,
        cascade: false,
      })),
      answer: records.length,
    };
  },
});

/** Thrown when there are more records than one call deletes. */
const unfinished = (error: BudgetSpent): AppError =>
  new AppError(
    "unavailable",
    "The dataset has more records than one call deletes; repeat the call to go on.",
    { cause: error, retryAfterSeconds: 1 },
  );

/** How many records were deleted; null when they were more than one write may change. */
const tombstone = async (
  store: Store,
  principal: Principal,
  request: DecidedRequest,
): Promise<number | null> => {
  try {
    return (await store.write(principal, request)).deleted;
  } catch (error) {
    if (error instanceof BudgetSpent) throw unfinished(error);
    if (error instanceof AppError && error.code === "too_large") return null;
    throw error;
  }
};

/**
 * Deletes a dataset. Its definition goes first, so that nothing is added meanwhile. A large dataset
 * takes several transactions; repeating an interrupted call continues where it stopped, also under
 * the same Idempotency-Key.
 *
 * @throws AppError `unavailable` when there are more records than one call deletes.
 */
export async function retire(
  store: Store,
  principal: Principal,
  name: string,
  context: WriteContext,
): Promise<{ readonly replayed: boolean }> {
  const { replayed } = await store.registerType(principal, context, retirementOf(name));
  const { idempotency: _key, ...plain } = context;
  let most: number = LIMITS.batchItemsMax;
  for (let round = 1; ; round += 1) {
    const part = { ...plain, operation: "delete", part: round };
    const deleted = await tombstone(store, principal, {
      context: part,
      decision: deleting(name, most),
    });
    if (deleted !== null && deleted < most) return { replayed };
    if (deleted === null && most === 1) {
      const detail =
        "A record has more links than one write closes; define the dataset again and detach some.";
      throw new AppError("too_large", detail);
    }
    // Records with many bytes or links are deleted in smaller batches.
    if (deleted === null) most = Math.ceil(most / 2);
  }
}
