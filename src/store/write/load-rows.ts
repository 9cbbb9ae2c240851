/** What the statements of a load answer: the rows of each of its parts. */
import type { Link } from "../../model/relation.ts";
import type { PrefixRow } from "../object-records/prefixes.ts";
import type { LinkedRow } from "../read/related.ts";
import type { WorkerRow } from "../sources/lease.ts";
import type { Tagged } from "../sql/tagged.ts";
import type { allocations, edges, resources, sequences, transactions } from "../tables/core.ts";
import type { RecalledRow } from "./idempotency.ts";
import type { LoadedRow } from "./row.ts";

type Resource = typeof resources.$inferSelect;
type Edge = typeof edges.$inferSelect;
type Allocation = typeof allocations.$inferSelect;

/** A source that others are to be derived from. */
export type SourceRow = Pick<LoadedRow, "identifier" | "is_restricted">;

/** Resources below a root that are alike. */
export interface TypeRow extends Readonly<Pick<Resource, "payload_type">> {
  readonly root: Resource["identifier"];
  readonly is_own: number;
  readonly is_covered: number;
  readonly resources: number;
  readonly is_closed: number;
}

/** Where a resource lies, as the caller sees it. */
export interface PlaceRow extends Readonly<Pick<Resource, "identifier">> {
  readonly parent: Resource["parent_identifier"];
  /** JSON array; null for none. */
  readonly sources: Resource["derived_from"];
  readonly is_lifted: number;
  readonly is_neutral: number;
}

/** What something is made from. */
export interface InputRow extends Readonly<Pick<Resource, "identifier">> {
  readonly is_restricted: number;
  readonly is_liftable: number;
  /** JSON array. */
  readonly sources: string;
}

/** A stored resource and its parent, by their numbers. */
export interface AncestorRow extends Readonly<Pick<Resource, "rid">> {
  readonly parent: Resource["rid"];
}

/** What lies below a row that moves. */
export interface HeightRow {
  readonly start: Resource["rid"];
  readonly levels: number;
  readonly resources: number;
}

/** The record with most links at an end where they would be closed, and how many there are in all. */
export interface ClosingRow extends Readonly<Pick<Resource, "identifier">> {
  readonly links: number;
  readonly total: number;
}

/** A stored derivation. */
export type DerivationRow = Readonly<Pick<Edge, "target" | "source">>;

/** A registered external identifier. */
export interface RegisteredRow extends Readonly<
  Pick<Allocation, "scope" | "digest" | "identifier">
> {
  readonly is_open: number;
}

/** The highest number of a scope. */
export interface NumberRow extends Readonly<Pick<Allocation, "scope">> {
  readonly number: Allocation["number"] | null;
}

/** Who holds the values of a unique key. */
export interface HolderRow extends Readonly<Pick<Resource, "identifier" | "payload_type">> {
  /** JSON arrays. */
  readonly fields: string;
  readonly held: string;
}

/** What a caller may do with an object that a resource names, or is to name. */
export interface ObjectRow {
  readonly identifier: Resource["identifier"];
  readonly object_key: string;
  readonly object_right: number;
  readonly is_kept: number;
}

/** A transaction that was committed. */
export type CommittedRow = Readonly<Pick<typeof transactions.$inferSelect, "id" | "recorded_at">>;

/** The rows of each part. */
export interface PartRows {
  readonly rows: LoadedRow;
  readonly descendants: LoadedRow;
  readonly types: TypeRow;
  readonly places: PlaceRow;
  readonly inputs: InputRow;
  readonly ancestors: AncestorRow;
  readonly below: DerivationRow;
  readonly above: DerivationRow;
  readonly heights: HeightRow;
  readonly closing: ClosingRow;
  readonly sources: SourceRow;
  readonly registered: RegisteredRow;
  readonly numbers: NumberRow;
  readonly matched: LoadedRow;
  readonly others: LoadedRow;
  readonly [related: `related ${number}`]: LinkedRow;
  readonly [other: `other ${number}`]: LinkedRow;
  readonly links: Link;
  readonly leases: WorkerRow;
  readonly sequences: Readonly<typeof sequences.$inferSelect>;
  readonly holders: HolderRow;
  readonly objects: ObjectRow;
  readonly prefixes: PrefixRow;
  readonly earlier: RecalledRow;
  readonly committed: CommittedRow;
}

/** Statements of linked records: of each, the rows are needed apart. */
export type RelatedPart = `related ${number}` | `other ${number}`;

/** What a statement of the load is for. */
export type Part = keyof PartRows;

/** A statement of the load, with what it is for. */
export type LoadPart = Tagged<PartRows>;
