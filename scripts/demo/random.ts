/** A repeatable sequence of choices. */
export interface Random {
  /** An integer, both ends included. */
  readonly between: (low: number, high: number) => number;
  readonly pick: <Value>(values: readonly Value[]) => Value;
  /** True with this probability. */
  readonly chance: (probability: number) => boolean;
}

/** Starts a sequence (mulberry32): the same seed gives the same choices on every machine. */
export const createRandom = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (low: number, high: number): number =>
    low + Math.floor(next() * (high - low + 1));
  return {
    between,
    pick: (values) => {
      const value = values[between(0, values.length - 1)];
      if (value === undefined) throw new RangeError("there is nothing to pick from");
      return value;
    },
    chance: (probability) => next() < probability,
  };
};
