/** How much conditions and projections compare within documents: elements times conditions. */

/**
 * Is told of comparisons before they are made.
 *
 * @throws AppError `too_large` when they are more than there may be.
 */
export type CountComparisons = (count: number) => void;

/** For what is bounded by itself. */
export const UNCOUNTED: CountComparisons = () => undefined;
