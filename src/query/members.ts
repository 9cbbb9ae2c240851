/**
 * Which top-level members of a document a condition, a path or a projection reads, and so must be
 * loaded. Pure. It never returns too few; a few too many do no harm.
 */
import type { Condition } from "./condition.ts";
import type { Path, Segment } from "./path.ts";
import type { AggregateProjection, FieldRule } from "./projection.ts";

/** Names of members, or the document as a whole. */
export type Members = ReadonlySet<string> | "all";

/** Nothing of the document: its metadata are sufficient. */
export const NO_MEMBERS: Members = new Set();

/** The union of several. */
export function unionOf(parts: readonly Members[]): Members {
  const names = new Set<string>();
  for (const part of parts) {
    if (part === "all") return "all";
    for (const name of part) names.add(name);
  }
  return names;
}

/**
 * Inside an array's elements a path may lead up to the document itself and down another branch:
 * every key after a `parent` step may be a member of the document.
 */
const aboveOf = (segments: readonly Segment[]): Members => {
  const names = new Set<string>();
  for (const [at, { kind }] of segments.entries()) {
    if (kind !== "parent") continue;
    const next = segments[at + 1];
    if (next?.kind === "key") names.add(next.name);
    else if (next?.kind !== "parent") return "all";
  }
  return names;
};

const ofSegments = (segments: readonly Segment[]): Members => {
  const [first] = segments;
  if (first === undefined) return "all";
  // A document is an object: no position, size or `parent` step leads into it.
  const own: Members = first.kind === "key" ? new Set([first.name]) : NO_MEMBERS;
  return unionOf([own, aboveOf(segments)]);
};

const ofPath = ({ column, segments }: Path): Members =>
  column === undefined ? ofSegments(segments) : NO_MEMBERS;

/**
 * The members that conditions read whose paths start inside the document, at an element of an
 * array.
 */
const ofInner = (condition: Condition): Members =>
  membersIn(condition, ({ column, segments }) =>
    column === undefined ? aboveOf(segments) : NO_MEMBERS,
  );

const membersIn = (condition: Condition, members: (path: Path) => Members): Members => {
  const { kind } = condition;
  if (kind === "true" || kind === "related") return NO_MEMBERS;
  if (kind === "not") return membersIn(condition.of, members);
  if (kind === "and" || kind === "or") {
    return unionOf(condition.of.map((each) => membersIn(each, members)));
  }
  if (kind === "fields" || kind === "pairs") {
    return unionOf([members(condition.left), members(condition.right)]);
  }
  const own = members(condition.path);
  return kind === "element" ? unionOf([own, ofInner(condition.condition)]) : own;
};

/** The members that a condition reads in the document itself; linked records need others. */
export function membersOfCondition(condition: Condition): Members {
  return membersIn(condition, ofPath);
}

/** The members that aggregates are computed from. */
export function membersOfAggregation({ groups, figures }: AggregateProjection): Members {
  return unionOf([
    ...groups.map(({ path }) => ofPath(path)),
    ...figures.map(({ path }) => (path === null ? NO_MEMBERS : ofPath(path))),
  ]);
}

/** The members at some paths. */
export function membersOfPaths(paths: readonly Path[]): Members {
  return unionOf(paths.map(ofPath));
}

/** Rules inside an element concern the element, except for conditions and sorts that lead up. */
const ofRule = (rule: FieldRule, isInner: boolean): Members => {
  const [first] = rule.pattern;
  const own: Members =
    isInner || first?.kind === "index"
      ? NO_MEMBERS
      : first?.kind === "key"
        ? new Set([first.name])
        : "all";
  if (rule.kind === "node") return own;
  const { select, rules, sort } = rule;
  return unionOf([
    own,
    ...(select.kind === "match" ? [ofInner(select.condition)] : []),
    ...sort.map(({ path }) => aboveOf(path.segments)),
    ...rules.map((each) => ofRule(each, true)),
  ]);
};

/** The members that the rules of a projection may return. */
export function membersOfRules(rules: readonly FieldRule[]): Members {
  return unionOf(rules.map((rule) => ofRule(rule, false)));
}

/** The names of members, sorted; undefined for the whole document. */
export function memberNames(members: Members): readonly string[] | undefined {
  return members === "all" ? undefined : [...members].toSorted();
}
