// Conditions on records in the language of each surface, and their results in the model.
import fc from "fast-check";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { compareText, compareValues } from "../filter.ts";
import { queryIn } from "../read.ts";
import type { Rendered } from "../types.ts";
import type { Reading } from "./reading.ts";
import { CHILDREN, PARENTS, type Snapshot } from "./world.ts";

/** A condition on a label, on a count, or on nothing. */
export type Predicate =
  | { readonly kind: "all" }
  | { readonly kind: "count"; readonly from: number }
  | { readonly kind: "label"; readonly is: string }
  /** SQL cannot decide it: the rows are tested one by one. */
  | { readonly kind: "regex"; readonly pattern: string };

/** Random conditions, half of which SQL cannot decide. */
const predicates: fc.Arbitrary<Predicate> = fc.oneof(
  fc.constant<Predicate>({ kind: "all" }),
  fc.constantFrom(0, 1, 2).map((from): Predicate => ({ kind: "count", from })),
  fc.constantFrom("a", "ab", "").map((is): Predicate => ({ kind: "label", is })),
  fc.constantFrom("a", "^.", "", "").map((pattern): Predicate => ({ kind: "regex", pattern })),
  fc.constant<Predicate>({ kind: "all" }),
);

/** The first and the last possible identifier of a history. */
const boundsOf = (prefix: string): readonly [string, string] => [`${prefix}00`, `${prefix}ff`];

/** In the language of the catalogue. */
const filterOf = (prefix: string, predicate: Predicate): JsonObject => {
  const own: JsonObject = { identifier: { between: [...boundsOf(prefix)] } };
  if (predicate.kind === "count") return { ...own, count: { gte: predicate.from } };
  if (predicate.kind === "label") return { ...own, label: predicate.is };
  return predicate.kind === "regex" ? { ...own, label: { regex: predicate.pattern } } : own;
};

/** In the language of the dataset surface. */
export const condOf = (prefix: string, predicate: Predicate): readonly Json[] => {
  const own: readonly Json[] = [{ field: "id" }, "between", [...boundsOf(prefix)]];
  if (predicate.kind === "count") return [...own, "and", { field: "count" }, ">=", predicate.from];
  if (predicate.kind === "label") return [...own, "and", { field: "label" }, "=", predicate.is];
  return predicate.kind === "regex"
    ? [...own, "and", { field: "label" }, "regex", predicate.pattern]
    : own;
};

/** In the language of the entity surface. */
export const entityQueryOf = (prefix: string, predicate: Predicate): JsonObject => {
  const [first, last] = boundsOf(prefix);
  const own: readonly JsonObject[] = [
    { field: "_id", op: ">=", rvalue: first },
    { field: "_id", op: "<=", rvalue: last },
  ];
  if (predicate.kind === "count") {
    return { $and: [...own, { field: "count", op: ">=", rvalue: predicate.from }] };
  }
  if (predicate.kind === "label") {
    return { $and: [...own, { field: "label", op: "=", rvalue: predicate.is }] };
  }
  return predicate.kind === "regex"
    ? { $and: [...own, { field: "label", regex: predicate.pattern }] }
    : { $and: own };
};

/** The sort field and direction; absent: the order of creation. */
export interface Order {
  readonly field: "label" | "count";
  readonly direction: "asc" | "desc";
}

/** Random orders. */
const orders: fc.Arbitrary<Order | undefined> = fc.option(
  fc.record<Order>({
    field: fc.constantFrom("label", "count"),
    direction: fc.constantFrom("asc", "desc"),
  }),
  { nil: undefined },
);

/** A condition on the records of a type. */
export interface Wanted {
  readonly type: typeof PARENTS | typeof CHILDREN;
  readonly predicate: Predicate;
  readonly order: Order | undefined;
}

/** Random conditions, mostly on parents. */
export const wanted = {
  type: fc.constantFrom<Wanted["type"]>(PARENTS, PARENTS, CHILDREN),
  predicate: predicates,
  order: orders,
};

const MADE: Order | { readonly field: "created_at"; readonly direction: "asc" } = {
  field: "created_at",
  direction: "asc",
};

/**
 * The records of a state that a caller finds, in order.
 *
 * @param missing the position of records without a value.
 */
export const found = (
  { world, party }: Reading,
  { type, predicate, order }: Wanted,
  { state }: Snapshot,
  missing: "least" | "last",
): readonly Rendered[] => {
  const filters = filterOf(world.prefix, predicate);
  const rows = queryIn(world.store, party.actor, { payload_type: type, filters }, state) ?? [];
  const { field, direction } = order ?? MADE;
  const sign = direction === "asc" ? 1 : -1;
  return rows.toSorted((left, right) => {
    const [a = null, b = null] = [left[field], right[field]];
    const byIdentifier = compareText(String(left["identifier"]), String(right["identifier"]));
    if ((a === null) !== (b === null)) {
      const first = missing === "last" ? 1 : sign * -1;
      return a === null ? first : -first;
    }
    return sign * (compareValues(a, b) ?? 0) || byIdentifier;
  });
};
