/** The conditions of a query that an index of its payload type is asked by. */
import type { Condition } from "../../query/condition.ts";
import type { Path } from "../../query/path.ts";
import type { Query } from "../../query/query.ts";
import { indexedFields } from "../../schema/indexed.ts";
import type { PayloadType } from "../../schema/type.ts";

/** A query, and its payload type when there is exactly one. */
interface TypedQuery {
  readonly query: Query;
  readonly type: PayloadType | null;
}

/** The name of the field that a path leads to; undefined for any other path. */
export function fieldAt({ column, segments }: Path): string | undefined {
  const [first] = segments;
  const isField = column === undefined && segments.length === 1 && first?.kind === "key";
  return isField ? first.name : undefined;
}

/** The name of the field that a condition is on. */
export function fieldOf(condition: Condition): string | undefined {
  return "path" in condition ? fieldAt(condition.path) : undefined;
}

/** True for what an index is asked by. */
export function isKeyed(condition: Condition): boolean {
  return (
    condition.kind === "in" ||
    condition.kind === "between" ||
    (condition.kind === "compare" && condition.op !== "ne")
  );
}

/** Holds for single values, or a few. */
export function isEquality(condition: Condition): boolean {
  return condition.kind === "in" || (condition.kind === "compare" && condition.op === "eq");
}

/** The parts of a condition that an index of the payload type serves. */
export function keyedParts({ query: { condition }, type }: TypedQuery): readonly Condition[] {
  const parts = condition.kind === "and" ? condition.of : [condition];
  return parts.filter(
    (part) => isKeyed(part) && type !== null && indexedFields(type).includes(fieldOf(part) ?? ""),
  );
}
