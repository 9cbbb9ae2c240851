/**
 * The order of sorted rows. Null and missing come where the key says, numbers before strings, false
 * and true count as 0 and 1, strings compare by code point; lists and objects have no order and
 * count as missing. Ties are broken by identifier, ascending.
 */
import type { Json } from "../model/json.ts";
import { placesAt, type Columns, type ConditionRow } from "./matches.ts";
import { rootPlace, type Place } from "./resolve.ts";
import type { SortKey } from "./query.ts";
import { compareText } from "./text.ts";

/** A sort value of a row: null when it has none. */
export type SortValue = number | string | null;

const toSortValue = (value: Json): SortValue => {
  if (typeof value === "boolean") return Number(value);
  return typeof value === "number" || typeof value === "string" ? value : null;
};

const compareScalars = (left: number | string, right: number | string): number => {
  if (typeof left === "string") return typeof right === "string" ? compareText(left, right) : 1;
  return typeof right === "string" ? -1 : left - right;
};

/** Compares two sort values in a direction: negative, 0 or positive. */
export function compareSortValues(
  left: SortValue,
  right: SortValue,
  direction: SortKey["direction"],
  missing: SortKey["missing"] = "last",
): number {
  if (left === null || right === null) {
    const [one, other] = [Number(left === null), Number(right === null)];
    return missing === "last" ? one - other : other - one;
  }
  const ascending = compareScalars(left, right);
  return direction === "asc" ? ascending : -ascending;
}

/**
 * The sort value of a key at a place. Of several values of a path the one that comes first in the
 * key's direction; null when there is none.
 */
export function sortValueAt(key: SortKey, place: Place, column: Columns): SortValue {
  return placesAt(key.path, place, column)
    .map(({ value }) => toSortValue(value))
    .reduce((first, value) => (compareSortValues(value, first, key.direction) < 0 ? value : first));
}

/** The value by which a row is sorted. */
export function sortValue(key: SortKey, row: ConditionRow): SortValue {
  return sortValueAt(key, rootPlace(row.payload), row.column);
}

/** The order of rows by several keys, then by identifier: for `toSorted`. */
export const compareRows =
  (keys: readonly SortKey[]) =>
  (left: ConditionRow, right: ConditionRow): number => {
    for (const key of keys) {
      const [one, other] = [sortValue(key, left), sortValue(key, right)];
      const order = compareSortValues(one, other, key.direction, key.missing);
      if (order !== 0) return order;
    }
    return compareText(String(left.column("identifier")), String(right.column("identifier")));
  };
