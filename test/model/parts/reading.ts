// One read in several parts: its requests with writes of others, and the states of the model that each
// part may show.
import type fc from "fast-check";
import { expect } from "vitest";
import type { Json } from "../../../src/model/json.ts";
import { canonical } from "../filter.ts";
import type { WorldStep } from "./steps.ts";
import { take } from "./write.ts";
import {
  snapshotAfter,
  snapshotAt,
  type Party,
  type Snapshot,
  type Who,
  type World,
} from "./world.ts";

/** The state to read: now, the clock's instant at the request, or an instant near a moment. */
export type When =
  | { readonly kind: "now" }
  | { readonly kind: "clock" }
  | { readonly kind: "moment"; readonly nth: number; readonly micros: -1 | 0 | 1 };

/**
 * The writes of others. `within`: before the database calls of a part, one per call; `beside`: concurrent
 * with a part; `between`: between two parts.
 */
export interface Unrest {
  readonly within: readonly (WorldStep | null)[];
  readonly beside: readonly (WorldStep | null)[];
  readonly between: readonly (readonly WorldStep[])[];
}

/** The response of a part, and the states that it may show. */
export interface Part<T> {
  readonly answer: T;
  readonly states: readonly Snapshot[];
}

/** A read in progress. */
export interface Reading {
  readonly world: World;
  readonly who: Who;
  readonly party: Party;
  /** Requests a part while others write. */
  readonly ask: <T>(
    send: (party: Party, asOf: string | undefined) => Promise<T>,
  ) => Promise<Part<T>>;
  /** Lets others write between this part and the next; false when they have no writes left. */
  readonly pause: () => Promise<boolean>;
  /** The number of requested parts, and of those with concurrent writes. */
  readonly counts: { parts: number; disturbed: number };
}

const shifted = (instant: string, micros: number): string => {
  const millis = Date.parse(`${instant.slice(0, 23)}Z`);
  const total = millis * 1_000 + Number(instant.slice(23, 26)) + micros;
  const whole = Math.floor(total / 1_000);
  const rest = String(total - whole * 1_000).padStart(3, "0");
  return new Date(whole).toISOString().replace("Z", `${rest}Z`);
};

const instantOf = ({ store }: World, when: When): string | undefined => {
  if (when.kind === "now") return undefined;
  const moment =
    when.kind === "moment" ? store.moments[when.nth % store.moments.length] : undefined;
  if (when.kind === "clock" || moment === undefined) return new Date().toISOString();
  return shifted(moment.instant, when.kind === "moment" ? when.micros : 0);
};

/** A request to a surface, and how its response is read and compared. */
export interface ModelRead {
  readonly surface: string;
  /** The specification, for failure messages. */
  readonly spec: unknown;
  readonly read: (reading: Reading) => Promise<void>;
}

/** Random requests to a surface. */
export const readsOf = <Spec>(
  surface: string,
  specs: fc.Arbitrary<Spec>,
  read: (reading: Reading, spec: Spec) => Promise<void>,
): fc.Arbitrary<ModelRead> =>
  specs.map((spec) => ({ surface, spec, read: (reading) => read(reading, spec) }));

/** Starts a read. */
export const readingOf = (world: World, who: Who, when: When, unrest: Unrest): Reading => {
  const { disturbance, parties } = world.stage;
  const within = [...unrest.within];
  const beside = [...unrest.beside];
  const between = [...unrest.between];
  let isBegun = false;
  let asOf: string | undefined;
  const write = async (step: WorldStep | null | undefined): Promise<void> => {
    if (step !== null && step !== undefined) await take(world, step);
  };
  const counts = { parts: 0, disturbed: 0 };
  return {
    world,
    who,
    party: parties[who],
    counts,
    ask: async (send) => {
      const before = world.store.moments.length;
      const writing = write(beside.shift());
      if (!isBegun) asOf = instantOf(world, when);
      isBegun = true;
      // Wait for a concurrent write of the test itself.
      disturbance.arm(async () => {
        await writing;
        await write(within.shift());
      });
      const [answer] = await Promise.all([send(parties[who], asOf), writing]).finally(() =>
        disturbance.disarm(),
      );
      const after = world.store.moments.length;
      counts.parts += 1;
      if (after > before) counts.disturbed += 1;
      const states =
        asOf === undefined
          ? Array.from({ length: after - before + 1 }, (_, at) =>
              snapshotAfter(world.store, before + at),
            )
          : [snapshotAt(world.store, asOf)];
      return { answer, states };
    },
    pause: async () => {
      const steps = between.shift();
      for (const step of steps ?? []) await take(world, step);
      return steps !== undefined;
    },
  };
};

/**
 * The candidates for which the model predicts the response.
 *
 * @throws AssertionError when there are none.
 */
export const agreeing = <C>(
  candidates: readonly C[],
  modelOf: (candidate: C) => unknown,
  answered: unknown,
  about: string,
): readonly C[] => {
  const text = canonical(answered as Json);
  const found = candidates.filter((each) => canonical(modelOf(each) as Json) === text);
  const nearest = candidates.at(-1);
  if (found.length === 0 && nearest !== undefined) {
    expect(answered, about).toEqual(modelOf(nearest));
    expect(text, about).toBe(canonical(modelOf(nearest) as Json));
  }
  return found;
};
