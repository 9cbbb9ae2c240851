/**
 * The states that a request reads. What it asks for, the present or an instant, is resolved to a
 * transaction by its first read, and every later one is answered from that: whatever an answer is
 * made of, it shows one state.
 */
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { AsOf } from "../../query/query.ts";
import type { Session } from "../sql/session.ts";

/** A state of the store. */
export interface State {
  /** The last transaction that it holds; 0 before the first. */
  readonly transaction: number;
  /**
   * An instant that stands for it: the one that was asked for, or that of its last transaction. Of a
   * state that was asked for by transaction, the last instant known.
   */
  readonly instant: InstantMicros;
}

/** The states of one request. */
export interface ReadStates {
  /** Runs a read in the state that the request has found this to be; the first one finds out. */
  readonly read: <A extends { readonly state: State }>(
    asOf: AsOf,
    run: (state: AsOf) => Promise<A>,
  ) => Promise<A>;
  /**
   * The present is found anew by the next read, as after a write.
   *
   * @param written a transaction of the request's own, which that read has to see.
   */
  readonly advance: (written?: number) => void;
  /** The last transaction of the request's own; 0 for none. */
  readonly written: () => number;
}

/** The states of a request that has read nothing yet. */
export function createReadStates(): ReadStates {
  // Null: the read that was to find it out failed.
  const found = new Map<InstantMicros | "now", Promise<State | null>>();
  let own = 0;
  return {
    read: async (asOf, run) => {
      if (asOf.kind === "transaction") return run(asOf);
      const key = asOf.kind === "now" ? "now" : asOf.instant;
      for (let known = found.get(key); known !== undefined; known = found.get(key)) {
        const state = await known;
        if (state === null) continue;
        const { transaction } = state;
        return { ...(await run({ kind: "transaction", transaction })), state };
      }
      const { promise, resolve } = Promise.withResolvers<State | null>();
      found.set(key, promise);
      try {
        const answer = await run(asOf);
        resolve(answer.state);
        return answer;
      } catch (error) {
        if (found.get(key) === promise) found.delete(key);
        resolve(null);
        throw error;
      }
    },
    advance: (written = 0) => {
      own = Math.max(own, written);
      found.delete("now");
    },
    written: () => own,
  };
}

/** What tells whether an answer can be relied on. */
interface Answered {
  readonly meta: { readonly transaction: number; readonly lastRecordedAt: InstantMicros };
  readonly isPrimary: boolean;
  /** The database's clock, where an instant was asked for. */
  readonly clock: InstantMicros | undefined;
}

/** What reads are asked through. */
interface Asking {
  readonly session: Session;
  readonly primary: () => Session;
  readonly states: ReadStates;
}

/**
 * How far an instant lies beyond those that are final, in microseconds. Final are those up to the
 * last transaction, and those before the clock: whatever is committed later gets a later instant.
 */
const aheadOf = (instant: InstantMicros, { meta, isPrimary, clock = 0 }: Answered): number =>
  instant - Math.max(meta.lastRecordedAt, isPrimary ? clock - 1 : 0);

/** True when the database that answered holds all of the state. */
const holds = (asOf: AsOf, answered: Answered, written: number): boolean => {
  if (asOf.kind === "instant") return aheadOf(asOf.instant, answered) <= 0;
  return answered.meta.transaction >= (asOf.kind === "now" ? written : asOf.transaction);
};

const refuseUnknown = (asOf: AsOf): void => {
  if (asOf.kind === "instant") {
    throw new AppError("invalid_as_of", "as_of lies in the future.", {
      details: [
        { path: "as_of", code: "invalid_as_of", detail: "Expected an instant that has passed." },
      ],
    });
  }
  if (asOf.kind === "transaction") {
    throw new AppError("invalid_cursor", "The cursor is of a state that is not known here.", {
      details: [
        { path: "cursor", code: "invalid_cursor", detail: "Expected a cursor of this database." },
      ],
    });
  }
};

const pause = (micros: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, Math.ceil(micros / 1_000) + 1);
  });

/**
 * Asks until the answer is of the state asked for and no other: the primary, where a replica has not
 * applied it; once more, where an instant is about to pass by the database's clock.
 *
 * @throws AppError `invalid_as_of` for an instant further ahead, `invalid_cursor` for a transaction
 *   that the primary does not have.
 */
export async function readKnown<A extends Answered>(
  asking: Asking,
  asOf: AsOf,
  ask: (session: Session) => Promise<A>,
): Promise<A> {
  const written = asking.states.written();
  let answer = await ask(asking.session);
  if (!holds(asOf, answer, written) && !answer.isPrimary) answer = await ask(asking.primary());
  if (asOf.kind === "instant" && !holds(asOf, answer, written)) {
    const ahead = aheadOf(asOf.instant, answer);
    if (ahead > LIMITS.asOfAheadMillisMax * 1_000) refuseUnknown(asOf);
    await pause(ahead);
    answer = await ask(asking.primary());
  }
  if (!holds(asOf, answer, written)) refuseUnknown(asOf);
  return answer;
}
