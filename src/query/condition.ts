import type { Json } from "../model/json.ts";
import type { Path } from "./path.ts";

/** A scalar that a stored value is compared with. Instants of metadata columns are microseconds. */
export type Literal = string | number | boolean;

/** True for a scalar that is compared with values one by one. */
export function isLiteral(value: unknown): value is Literal {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/** Comparison operators. Values of different kinds (text, number, boolean) never compare. */
export type CompareOperator = "eq" | "ne" | "lt" | "lte" | "gt" | "gte";

/**
 * A condition over one resource. Every node is two-valued: it holds or it does not, never unknown.
 * A path that yields several values (`any`) satisfies a leaf when at least one value does; `ne` is
 * exactly `not eq`, and `contains` with `none` exactly `not any`.
 *
 * - `true`: holds always.
 * - `compare`: the value at the path against a literal. Missing and null satisfy only `ne`.
 * - `fields`: two values of the same document. Null or missing on either side satisfies only `ne`
 *   (two nulls are equal for `eq`).
 * - `pairs`: two arrays of the same document, of one length, whose elements satisfy the operator at
 *   each position, compared as `fields` compares; empty ones are equal. `ne` is exactly `not eq`.
 * - `equals`: deep equality with any JSON value; with null it holds for null and missing.
 * - `in`: equal to one of the literals. The empty list holds never.
 * - `exists`: present and not null.
 * - `between`: inclusive at both ends.
 * - `like`: SQL LIKE over the whole text: `%` any run, `_` one code point, `\` escapes. `fold`
 *   ignores the case of ASCII letters.
 * - `text`: substring or prefix or suffix of a text, case-sensitive unless `fold` (ASCII).
 * - `match`: RE2 regular expression found anywhere in the text; `flags` of `i`, `s`, `m`. With
 *   `scalars` also in the text of a number or a boolean.
 * - `contains`: an array of scalars holds any, all or none of the values. Missing, null and
 *   non-arrays satisfy only `none`.
 * - `element`: at least one element of the array at the path satisfies the inner condition, whose
 *   paths start at that element.
 * - `related`: at least one visible record that a relation links to the document satisfies the inner
 *   condition, whose paths start at that record.
 * - `and`: all hold (true when empty); `or`: at least one (false when empty); `not`: the inner does
 *   not hold.
 */
export type Condition =
  | { readonly kind: "true" }
  | {
      readonly kind: "compare";
      readonly path: Path;
      readonly op: CompareOperator;
      readonly value: Literal;
    }
  | {
      readonly kind: "fields";
      readonly left: Path;
      readonly op: CompareOperator;
      readonly right: Path;
    }
  | {
      readonly kind: "pairs";
      readonly left: Path;
      readonly op: CompareOperator;
      readonly right: Path;
    }
  | { readonly kind: "equals"; readonly path: Path; readonly value: Json }
  | { readonly kind: "in"; readonly path: Path; readonly values: readonly Literal[] }
  | { readonly kind: "exists"; readonly path: Path }
  | {
      readonly kind: "between";
      readonly path: Path;
      readonly low: Literal;
      readonly high: Literal;
    }
  | {
      readonly kind: "like";
      readonly path: Path;
      readonly pattern: string;
      readonly fold: boolean;
    }
  | {
      readonly kind: "text";
      readonly path: Path;
      readonly where: "contains" | "starts" | "ends";
      readonly value: string;
      readonly fold: boolean;
    }
  | {
      readonly kind: "match";
      readonly path: Path;
      readonly pattern: string;
      readonly flags: string;
      readonly scalars?: boolean;
    }
  | {
      readonly kind: "contains";
      readonly path: Path;
      readonly quantifier: "any" | "all" | "none";
      readonly values: readonly Literal[];
    }
  | { readonly kind: "element"; readonly path: Path; readonly condition: Condition }
  | { readonly kind: "related"; readonly relation: string; readonly condition: Condition }
  | { readonly kind: "and"; readonly of: readonly Condition[] }
  | { readonly kind: "or"; readonly of: readonly Condition[] }
  | { readonly kind: "not"; readonly of: Condition };

/** Holds always. */
export const ALWAYS: Condition = { kind: "true" };

/** Holds when all of them hold; flattens so that trees stay small. */
export function and(conditions: readonly Condition[]): Condition {
  const of = conditions.filter((condition) => condition.kind !== "true");
  return of.length === 1 ? (of[0] as Condition) : of.length === 0 ? ALWAYS : { kind: "and", of };
}

/** Holds when the inner condition does not. */
export function not(of: Condition): Condition {
  return { kind: "not", of };
}

/** True when a condition is about linked records. */
export function namesRelated(condition: Condition): boolean {
  if (condition.kind === "and" || condition.kind === "or") return condition.of.some(namesRelated);
  if (condition.kind === "not") return namesRelated(condition.of);
  return condition.kind === "related";
}
