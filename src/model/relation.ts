/** How many records may be on each side of a relation: of the parent first, then of the child. */
export const CARDINALITIES = ["one-to-one", "one-to-many", "many-to-one", "many-to-many"] as const;

/** One of the cardinalities. */
export type Cardinality = (typeof CARDINALITIES)[number];

/**
 * A link type from the records of one payload type, the parents, to those of another, the children.
 */
export interface Relation {
  /** The payload type of the children; it is also the relation's name. */
  readonly dataset: string;
  readonly cardinality: Cardinality;
  /** True: deleting the last parent of a child deletes the child, too. */
  readonly cascade: boolean;
}

/** Two records that are linked by a relation. */
export interface Link {
  /** The kind of the edge, see `linkKind`. */
  readonly relation: string;
  readonly parent: string;
  readonly child: string;
}

/** The kind of the edges of a relation. Names of payload types have no dots. */
export function linkKind(parentType: string, childType: string): string {
  return `${parentType}.${childType}`;
}

/** True when a parent may have several children. */
export function hasMany({ cardinality }: Pick<Relation, "cardinality">): boolean {
  return cardinality === "one-to-many" || cardinality === "many-to-many";
}

/** True when a child may have several parents. */
export function isShared({ cardinality }: Pick<Relation, "cardinality">): boolean {
  return cardinality === "many-to-one" || cardinality === "many-to-many";
}
