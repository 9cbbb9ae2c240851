/** Questions about lineage. */

/** Which way a lineage is followed: to ancestors and sources, to what came of it, or both. */
export const DIRECTIONS = ["up", "down", "both"] as const;

/** One of the directions. */
export type Direction = (typeof DIRECTIONS)[number];

/** How much one lineage read may be. */
export const LINEAGE_BOUNDS = {
  /** Nodes of one lineage; 400 above it. */
  nodesMax: 10_000,
  /** Steps that a walk of bounded depth may take: it comes to a node once for each distance. */
  stepsMax: 100_000,
  /** Largest `depth`. */
  depthMax: 10_000,
  /** Children on a page when the caller names no limit. */
  childrenMax: 100_000,
} as const;
