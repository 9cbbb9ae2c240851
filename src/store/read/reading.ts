/** A query ready for SQL, and what a statement of it depends on beside the tables. */
import type { Query } from "../../query/query.ts";
import type { PayloadType } from "../../schema/type.ts";
import type { View } from "../visibility/visible.ts";
import { armRequestOf, FOUND, orderedArms, wholeArms, type Arm } from "./arms.ts";
import { mayBeMissing } from "./keyset.ts";
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
  /** How many candidates are tried before a subtree is enumerated; absent: as many as is good. */
  readonly tried?: number;
}

/** True when rows are found by their identifiers, and not looked for in an order. */
const isPointed = ({ query }: Reading): boolean =>
  query.identifiers !== undefined || namedIn(query) !== undefined;

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

/** How many scans of one arm a page may take: see `keysetScans`. */
const scansOf = ({ sort: [key, ...others] }: Query): number => {
  if (key === undefined || others.length > 0) return 1;
  return mayBeMissing(key.path) ? 3 : 2;
};

/** Of a query with a place: of current and past rows, of both ways, and room for what leads to them. */
const COPIES_IN_PLACE = 6;

const countCopies = ({ query, view, type }: Reading): number => {
  if (placeOf(query) !== undefined) return COPIES_IN_PLACE;
  return Math.max(4, pageArms({ query, view, type }).length * scansOf(query) + 1);
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
