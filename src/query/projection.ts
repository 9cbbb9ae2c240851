/** Which part of a document is returned, as data, and the pure function that projects it. */
import { isJsonObject, type Json, type JsonObject } from "../model/json.ts";
import { UNCOUNTED, type CountComparisons } from "./comparisons.ts";
import { compareSortValues, sortValueAt } from "./compare.ts";
import type { Condition } from "./condition.ts";
import { matchesAt, placesAt, type Columns } from "./matches.ts";
import type { MetadataColumn, Path, Segment } from "./path.ts";
import type { SortKey } from "./query.ts";
import { elementPlace, elementsOf, rootPlace, type Place } from "./resolve.ts";

/**
 * Which nodes of a document a rule concerns, from the document's start (or the element's, inside an
 * array rule). `any` matches every element and every member; `size` and `parent` match nothing.
 */
export type Pattern = readonly Segment[];

/** Includes or excludes the nodes of a pattern; with `recursive` also all that is below them. */
export interface NodeRule {
  readonly kind: "node";
  readonly pattern: Pattern;
  readonly include: boolean;
  readonly recursive: boolean;
}

/** Includes elements of the arrays of a pattern, each by rules of its own. */
export interface ArrayRule {
  readonly kind: "array";
  readonly pattern: Pattern;
  /** False: includes the elements that are not selected. */
  readonly include: boolean;
  readonly select:
    | { readonly kind: "match"; readonly condition: Condition }
    /** Positions from 0, both inclusive; null is the end. */
    | { readonly kind: "range"; readonly from: number; readonly to: number | null };
  readonly rules: readonly FieldRule[];
  /** Order of the elements, by their stored values; stored order when empty. */
  readonly sort: readonly SortKey[];
}

/** A rule about fields. Of several that match a node the last one decides. */
export type FieldRule = NodeRule | ArrayRule;

/** A value that becomes a member of the result itself; null when there is none. */
export interface Renamed {
  readonly name: string;
  readonly path: Path;
}

/** What an aggregate takes from a field; a stored value of another kind counts as null. */
export type FigureKind = "number" | "text" | "boolean";

/** One aggregate over the rows of a group; without a path it concerns the rows themselves. */
export interface Figure {
  readonly name: string;
  readonly function: "count" | "min" | "max" | "avg" | "sum";
  readonly path: Path | null;
  /** Null: any value counts. */
  readonly holds: FigureKind | null;
}

/** A value that the rows of a group have in common. */
export interface GroupKey extends Renamed {
  readonly holds: FigureKind;
}

/** Documents with some of their fields. */
export interface FieldProjection {
  readonly kind: "fields";
  /** Metadata columns that are returned; all of them when absent. */
  readonly columns?: readonly MetadataColumn[];
  readonly rules: readonly FieldRule[];
  readonly renamed: readonly Renamed[];
}

/** One row per group of documents with the same values; without keys all are one group. */
export interface AggregateProjection {
  readonly kind: "aggregates";
  readonly groups: readonly GroupKey[];
  readonly figures: readonly Figure[];
  /** Order of the rows by names of groups and aggregates; null and missing come last. */
  readonly sort: readonly { readonly name: string; readonly direction: "asc" | "desc" }[];
}

/** A step of the way to a node, with the array's size to count from its end. */
type Step = { readonly name: string } | { readonly index: number; readonly size: number };

const isNamed = (segment: Segment, step: Step): boolean => {
  if (segment.kind === "any") return true;
  if ("name" in step) return segment.kind === "key" && segment.name === step.name;
  if (segment.kind !== "index") return false;
  return segment.index === step.index || segment.index + step.size === step.index;
};

/** The position of a node relative to those that a pattern matches; undefined on another branch. */
const relation = (
  pattern: Pattern,
  way: readonly Step[],
): "above" | "equal" | "below" | undefined => {
  const onBranch = way
    .slice(0, pattern.length)
    .every((step, position) => isNamed(pattern[position] as Segment, step));
  if (!onBranch) return undefined;
  if (way.length === pattern.length) return "equal";
  return way.length < pattern.length ? "above" : "below";
};

/** What the rules decide about a node; `rules` when nodes below it have rules of their own. */
interface Decision {
  readonly include: boolean;
  readonly rules?: readonly FieldRule[];
  /** True for an array whose elements are selected: without any it is left out. */
  readonly selects?: boolean;
}

/** What is constant within one document. */
interface Showing {
  readonly rules: readonly FieldRule[];
  readonly column: Columns;
  readonly count: CountComparisons;
}

const nodeOpinion = (rule: NodeRule, way: readonly Step[]): Decision | undefined => {
  const stands = relation(rule.pattern, way);
  const concerned =
    stands === "equal" ||
    (stands === "above" && rule.include) ||
    (stands === "below" && rule.recursive);
  return concerned ? { include: rule.include } : undefined;
};

const isSelected = (
  { select }: ArrayRule,
  index: number,
  place: Place,
  { column, count }: Showing,
): boolean => {
  if (select.kind === "match") return matchesAt(select.condition, place, column, count);
  return index >= select.from && (select.to === null || index <= select.to);
};

const arrayOpinion = (
  rule: ArrayRule,
  way: readonly Step[],
  place: Place,
  showing: Showing,
): Decision | undefined => {
  const stands = relation(rule.pattern, way);
  if (stands === "equal") return { include: true, selects: true };
  if (stands === "above") return { include: true };
  const last = way.at(-1);
  const isElement = stands === "below" && way.length === rule.pattern.length + 1;
  if (!isElement || last === undefined || "name" in last) return undefined;
  const include = isSelected(rule, last.index, place, showing) === rule.include;
  return { include, rules: rule.rules };
};

const decide = (showing: Showing, way: readonly Step[], place: Place): Decision | undefined => {
  for (const rule of showing.rules.toReversed()) {
    showing.count(1);
    const opinion =
      rule.kind === "node" ? nodeOpinion(rule, way) : arrayOpinion(rule, way, place, showing);
    if (opinion !== undefined) return opinion;
  }
  return undefined;
};

/** The part of a node that is returned; undefined when nothing of it is. */
const show = (showing: Showing, place: Place, way: readonly Step[]): Json | undefined => {
  const decision = decide(showing, way, place);
  if (decision?.include === false) return undefined;
  if (decision?.rules !== undefined) {
    return show({ ...showing, rules: decision.rules }, place, []);
  }
  if (isJsonObject(place.value)) return showObject(showing, place, place.value, way);
  if (Array.isArray(place.value)) {
    return place.value.length > 0
      ? showArray(showing, place, way)
      : decision === undefined || decision.selects === true
        ? undefined
        : [];
  }
  return decision === undefined ? undefined : place.value;
};

const showObject = (
  showing: Showing,
  owner: Place,
  object: JsonObject,
  way: readonly Step[],
): Json | undefined => {
  const members: (readonly [string, Json])[] = [];
  for (const [name, value] of Object.entries(object)) {
    const member = show(showing, { value, owner }, [...way, { name }]);
    if (member !== undefined) members.push([name, member]);
  }
  return members.length === 0 ? undefined : Object.fromEntries(members);
};

const showArray = (showing: Showing, array: Place, way: readonly Step[]): Json | undefined => {
  const values = elementsOf(array.value);
  const elements: { readonly place: Place; readonly json: Json }[] = [];
  for (const [index, value] of values.entries()) {
    const place = elementPlace(array, value);
    const json = show(showing, place, [...way, { index, size: values.length }]);
    if (json !== undefined) elements.push({ place, json });
  }
  const keys = sortOf(showing.rules, way);
  const order = (left: Place, right: Place): number => {
    for (const key of keys) {
      const [a, b] = [left, right].map((place) => sortValueAt(key, place, showing.column));
      const compared = compareSortValues(a ?? null, b ?? null, key.direction, key.missing);
      if (compared !== 0) return compared;
    }
    return 0;
  };
  // About the number of comparisons of each element, for each key.
  showing.count(keys.length * elements.length * Math.ceil(Math.log2(elements.length + 1)));
  const sorted = elements.toSorted((left, right) => order(left.place, right.place));
  return sorted.length === 0 ? undefined : sorted.map(({ json }) => json);
};

const sortOf = (rules: readonly FieldRule[], way: readonly Step[]): readonly SortKey[] => {
  const rule = rules.findLast(
    (each) => each.kind === "array" && relation(each.pattern, way) === "equal",
  );
  return rule?.kind === "array" ? rule.sort : [];
};

const renamedValue = (path: Path, document: JsonObject, column: Columns): Json => {
  const values = placesAt(path, rootPlace(document), column).map(({ value }) => value);
  return path.segments.some(({ kind }) => kind === "any") ? values : (values[0] ?? null);
};

const NO_COLUMNS: Columns = () => null;

/**
 * The fields of a document that a projection returns. Objects and arrays without any returned part
 * are left out, but an included array that is empty in the document stays (unless the rule selects
 * elements of it).
 */
export function project(
  projection: FieldProjection,
  document: JsonObject,
  column: Columns = NO_COLUMNS,
  count: CountComparisons = UNCOUNTED,
): JsonObject {
  const { rules, renamed } = projection;
  const projected = show({ rules, column, count }, rootPlace(document), []);
  const members = renamed.map(
    ({ name, path }) => [name, renamedValue(path, document, column)] as const,
  );
  return { ...(isJsonObject(projected) ? projected : {}), ...Object.fromEntries(members) };
}
