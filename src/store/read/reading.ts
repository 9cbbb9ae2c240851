/** A query ready for SQL, and what a statement of it depends on beside the tables. */
import { type Condition, namesRelated } from "../../query/condition.ts";
import type { Query } from "../../query/query.ts";
import type { PayloadType } from "../../schema/type.ts";
import { orderIndex } from "../projection/table.ts";
import type { View } from "../visibility/visible.ts";
import { armRequestOf, FOUND, orderedArms, wholeArms, type Arm } from "./arms.ts";
import { fieldAt, fieldOf, isEquality, keyedParts } from "./keyed.ts";
import { isCreation, mayBeMissing } from "./keyset.ts";
import { namesParent } from "./hidden-parent.ts";
import { namedIn } from "./identifier-filter.ts";
import { placeOf } from "./subtree.ts";

/** A query ready for SQL: its view, and the payload type when there is exactly one. */
export interface Reading {
  readonly query: Query;
  readonly view: View;
  readonly type: PayloadType | null;
  /** The way to its current rows; absent: something else finds them. */
  readonly arm?: Arm;
  /** The index that is gone through; absent: the one that SQLite takes. */
  readonly index?: string;
  /** True: the resources of the type are gone through, and the projection is joined to them. */
  readonly isByType?: boolean;
  /** How many candidates are tried before a subtree is enumerated; absent: as many as is good. */
  readonly tried?: number;
}

/** True when rows are found by their identifiers, and not looked for in an order. */
export function isPointed({ query }: Pick<Reading, "query">): boolean {
  return query.identifiers !== undefined || namedIn(query) !== undefined;
}

/** The ways to the current rows of a page. */
export function pageArms(reading: Reading): readonly Arm[] {
  return isPointed(reading)
    ? [FOUND]
    : orderedArms(reading.view, armRequestOf(reading.query, reading.type));
}

/** The ways to all current rows of a query. */
export function allArms(reading: Reading): readonly Arm[] {
  return isPointed(reading)
    ? [FOUND]
    : wholeArms(reading.view, armRequestOf(reading.query, reading.type));
}

type Typed = Pick<Reading, "query" | "type">;

/** The index that has the rows of a query in order; undefined where it is not by one indexed field. */
function orderedBy({ query: { sort }, type }: Typed): string | undefined {
  const [key, ...others] = sort;
  if (key === undefined || others.length > 0 || type === null) return undefined;
  const field = fieldAt(key.path);
  return field === undefined ? undefined : orderIndex(type, field);
}

/**
 * The same where no other index may be better. SQLite would take one that has the values of the field
 * as well, but not the order of their ties, and sort.
 */
export function walkedBy(reading: Typed): string | undefined {
  const [key] = reading.query.sort;
  const isOfField = (part: Condition): boolean =>
    key !== undefined && fieldOf(part) === fieldAt(key.path);
  return keyedParts(reading).every(isOfField) ? orderedBy(reading) : undefined;
}

/** True for what narrows rows to fewer than the order of creation has to pass by. */
export function narrows(part: Condition, _at: number, parts: readonly Condition[]): boolean {
  return (
    isEquality(part) ||
    part.kind === "between" ||
    parts.filter((other) => fieldOf(other) === fieldOf(part)).length > 1
  );
}

/** Arms that go through whole classes of visibility. */
const CLASSES: ReadonlySet<Arm["kind"]> = new Set(["class", "candidates", "many", "classes"]);

/**
 * True where the rows of a payload type are gone through by the index of `resources` that has each type in
 * the order of creation: no index of the projection has less to go through, or the order.
 */
export function goesByType(reading: Reading): boolean {
  const { query, type, arm = FOUND, index } = reading;
  if (type === null || index !== undefined || !CLASSES.has(arm.kind)) return false;
  const parts = keyedParts(reading);
  const [key, ...others] = query.sort;
  const isInOrder = key !== undefined && others.length === 0 && isCreation(key);
  // A range with one end may be most of the rows: the order of creation is better for a page.
  return isInOrder && arm.kind !== "classes" ? !parts.some(narrows) : parts.length === 0;
}

/**
 * True when the only sort key is one that an index has in the other direction. Conditions on linked
 * records are large, and a page that is read backwards repeats its condition: these are sorted.
 */
export function isReversed(reading: Typed): boolean {
  const { condition, sort } = reading.query;
  const [key, ...others] = sort;
  if (key === undefined || others.length > 0 || namesRelated(condition)) return false;
  if (isCreation(key)) return key.direction === "asc";
  if (key.direction === "asc" || orderedBy(reading) === undefined) return false;
  // Rows of one value have ties alone.
  return !keyedParts(reading).some(
    (part) => part.kind === "compare" && part.op === "eq" && fieldOf(part) === fieldAt(key.path),
  );
}

/** How many scans of one arm a page may take: see `keysetScans`; one is read three times where it is reversed. */
const scansOf = (reading: Typed): number => {
  const [key, ...others] = reading.query.sort;
  if (key === undefined || others.length > 0) return 1;
  return (mayBeMissing(key.path) ? 3 : 2) + (isReversed(reading) ? 2 : 0);
};

/** Of a query with a place: of current and past rows, of both ways, and room for what leads to them. */
const COPIES_IN_PLACE = 6;

/** Of a page of the past among live rows and tombstones, each of current and past versions. */
const COPIES_AMONG_CANDIDATES = 4;

const countCopies = ({ query, view, type }: Reading): number => {
  if (placeOf(query) !== undefined) return COPIES_IN_PLACE;
  const scans = Math.max(4, pageArms({ query, view, type }).length * scansOf({ query, type }) + 1);
  return view.snapshot === null ? scans : scans + COPIES_AMONG_CANDIDATES;
};

/** The last count of a view: a statement asks for it with each of its parts. */
const counted = new WeakMap<View, { readonly reading: Reading; readonly copies: number }>();

/** How often a statement repeats a condition, at most; the same for every part of it. */
export function copiesOf(reading: Reading): number {
  const { query, view, type } = reading;
  const last = counted.get(view);
  if (last?.reading.query === query && last.reading.type === type) return last.copies;
  const copies = countCopies(reading);
  counted.set(view, { reading, copies });
  return copies;
}

/** True when a condition looks at a parent that may be hidden from the reader. */
export function hidesParent({ query, view }: Reading): boolean {
  return view.visibility.kind !== "everything" && namesParent(query.condition);
}
