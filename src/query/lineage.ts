/** Parameters of lineage reads. */

/**
 * The direction of a lineage: to ancestors and sources, to descendants and derivations, or both.
 */
export const DIRECTIONS = ["up", "down", "both"] as const;

/** One of the directions. */
export type Direction = (typeof DIRECTIONS)[number];

/** Bounds of one lineage read. */
export const LINEAGE_BOUNDS = {
  /** Nodes of one lineage; 400 above it. */
  nodesMax: 10_000,
  /** Steps of a walk of bounded depth: it visits a node once for each distance. */
  stepsMax: 100_000,
  /** Largest `depth`. */
  depthMax: 10_000,
  /** Default page size of children. */
  childrenMax: 100_000,
} as const;
