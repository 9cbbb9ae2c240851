/** Counts comparisons of conditions and projections within documents: elements times conditions. */

/**
 * Called before comparisons are made.
 *
 * @throws AppError `too_large` when they exceed the bound.
 */
export type CountComparisons = (count: number) => void;

/** For work that is bounded otherwise. */
export const UNCOUNTED: CountComparisons = () => undefined;
