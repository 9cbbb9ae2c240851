/** Conditions in a normal form, so that code that processes them has fewer cases. */
import { ALWAYS, not, type Condition, type Literal } from "./condition.ts";
import { positiveOf, type Leaf } from "./operators.ts";

const NEVER: Condition = { kind: "or", of: [] };

/**
 * The same condition as `and` and `or` over leaves and negated leaves: every `not` is directly
 * before a leaf, `ne` and `none` are negations of `eq` and `any`, neither `and` nor `or` contains
 * its own kind or fewer than two parts (except `or` of nothing, which never holds), and alternative
 * equalities of one path are one `in`.
 */
export function normalise(condition: Condition, negated = false): Condition {
  if (condition.kind === "true") return negated ? NEVER : ALWAYS;
  if (condition.kind === "not") return normalise(condition.of, !negated);
  if (condition.kind === "and" || condition.kind === "or") {
    const parts = condition.of.map((inner) => normalise(inner, negated));
    return gather((condition.kind === "and") === negated ? "or" : "and", parts);
  }
  if (condition.kind === "related") {
    const related = { ...condition, condition: normalise(condition.condition) };
    return negated ? not(related) : related;
  }
  const positive = positiveOf(condition);
  const leaf = normaliseInner(positive.leaf);
  return positive.negated === negated ? leaf : not(leaf);
}

const normaliseInner = (leaf: Leaf): Leaf =>
  leaf.kind === "element" ? { ...leaf, condition: normalise(leaf.condition) } : leaf;

const isNever = (condition: Condition): boolean =>
  condition.kind === "or" && condition.of.length === 0;

const isAlways = (condition: Condition): boolean => condition.kind === "true";

const gather = (kind: "and" | "or", parts: readonly Condition[]): Condition => {
  const [neutral, deciding] = kind === "and" ? [isAlways, isNever] : [isNever, isAlways];
  const flat = parts.flatMap((part) => (part.kind === kind ? part.of : [part]));
  const decided = flat.find(deciding);
  if (decided !== undefined) return decided;
  const of = foldEqualities(
    kind,
    flat.filter((part) => !neutral(part)),
  );
  const [only] = of;
  if (only === undefined) return kind === "and" ? ALWAYS : NEVER;
  return of.length === 1 ? only : { kind, of };
};

type Equality = Extract<Leaf, { readonly kind: "compare" | "in" }>;

/** Equalities of one path, at the position of the first. */
interface Group {
  readonly kind: "group";
  readonly first: Condition;
  readonly equalities: Equality[];
}

const isEquality = (condition: Condition): condition is Equality =>
  condition.kind === "in" || (condition.kind === "compare" && condition.op === "eq");

const valuesOf = (equality: Equality): readonly Literal[] =>
  equality.kind === "in" ? equality.values : [equality.value];

const merge = (kind: "and" | "or", { first, equalities }: Group): Condition => {
  const [equality] = equalities;
  if (equality === undefined || equalities.length === 1) return first;
  const values = [...new Set(equalities.flatMap(valuesOf))];
  const merged: Condition = { kind: "in", path: equality.path, values };
  return kind === "or" ? merged : not(merged);
};

/** `a = 1 or a = 2` is `a in (1, 2)`, and `not a = 1 and not a = 2` is `not a in (1, 2)`. */
const foldEqualities = (kind: "and" | "or", parts: readonly Condition[]): readonly Condition[] => {
  const groups = new Map<string, Group>();
  const folded: (Condition | Group)[] = [];
  for (const part of parts) {
    const inner = kind === "or" ? part : part.kind === "not" ? part.of : ALWAYS;
    if (!isEquality(inner)) {
      folded.push(part);
      continue;
    }
    const key = JSON.stringify(inner.path);
    const group = groups.get(key);
    if (group !== undefined) {
      group.equalities.push(inner);
      continue;
    }
    const created: Group = { kind: "group", first: part, equalities: [inner] };
    groups.set(key, created);
    folded.push(created);
  }
  return folded.map((part) => (part.kind === "group" ? merge(kind, part) : part));
};
