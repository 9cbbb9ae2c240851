import type { Json } from "../model/json.ts";
import { parseInstant, type InstantMicros } from "../model/time.ts";
import type { Condition, Literal } from "./condition.ts";
import type { Path } from "./path.ts";

/** One sort key; strings sort by code point. */
export interface SortKey {
  readonly path: Path;
  readonly direction: "asc" | "desc";
  /** Where null and missing come: by default last, in both directions. */
  readonly missing?: "first" | "last";
}

/** Where a keyset page continues: after the row with these sort values and this identifier. */
export interface Position {
  /** One value per sort key; null when the row had none. */
  readonly values: readonly (Literal | null)[];
  readonly identifier: string;
}

/**
 * Which part of the sorted rows to return: a keyset page (after a position), or a window by offset.
 */
export interface Page {
  readonly limit: number;
  readonly after?: Position;
  readonly offset?: number;
}

/** The state that a read sees: by instant, by transaction (a cursor's snapshot), or now. */
export type AsOf =
  | { readonly kind: "now" }
  | { readonly kind: "instant"; readonly instant: InstantMicros }
  | { readonly kind: "transaction"; readonly transaction: number };

/** The present state. */
export const NOW: AsOf = { kind: "now" };

/** Restriction to a part of the tree. */
export interface Under {
  readonly parentIdentifier: string;
  /** False: direct children only. True: all descendants. */
  readonly indirect: boolean;
}

/** Records that are read with those of a query: those that a relation links to each of them. */
export interface RelatedQuery {
  /** The kind of the edges. */
  readonly relation: string;
  /** What is linked to these in turn. */
  readonly related: readonly RelatedQuery[];
  /** Top-level members of their payloads to load; absent: all. */
  readonly members?: readonly string[];
}

/** A read of many resources, as data. Every surface's filter language becomes one of these. */
export interface Query {
  /** Empty means every type. */
  readonly payloadTypes: readonly string[];
  readonly condition: Condition;
  readonly under?: Under;
  readonly identifiers?: readonly string[];
  /** Ties are broken by identifier, ascending. */
  readonly sort: readonly SortKey[];
  readonly page: Page;
  readonly asOf: AsOf;
  /** Top-level members of the payload to load for each row; absent: all of them. */
  readonly members?: readonly string[];
  /** True: tombstones in place of live resources; only for the present. */
  readonly deletedOnly?: boolean;
  /**
   * Version of the entity through which the one payload type is read; absent: without a version.
   */
  readonly through?: string;
  /** Linked records to load as well. */
  readonly related?: readonly RelatedQuery[];
  /**
   * Payload types of which the caller must be allowed to read something, or the read is refused.
   */
  readonly needs?: readonly string[];
}

/**
 * The state that an `as_of` names, for every surface: an RFC 3339 instant with an offset, or now
 * when it is absent or null. Undefined for everything else; each surface makes its own error of it.
 */
export function asOfFrom(value: Json | undefined): AsOf | undefined {
  if (value === undefined || value === null) return NOW;
  const instant = typeof value === "string" ? parseInstant(value) : undefined;
  return instant === undefined ? undefined : { kind: "instant", instant };
}
