/**
 * Which top-level members of a document a condition, a path or a projection looks at: what has to be
 * loaded of it. Pure. Never fewer than are looked at; a few more do no harm.
 */
import type { Condition } from "./condition.ts";
import type { Path, Segment } from "./path.ts";
import type { AggregateProjection, FieldRule } from "./projection.ts";

/** Names of members, or the document as a whole. */
export type Members = ReadonlySet<string> | "all";

/** Nothing of the document: its metadata are enough. */
export const NO_MEMBERS: Members = new Set();

/** The members of several. */
export function unionOf(parts: readonly Members[]): Members {
  const names = new Set<string>();
  for (const part of parts) {
    if (part === "all") return "all";
    for (const name of part) names.add(name);
  }
  return names;
}

/**
 * Inside an array's elements a path may lead up again, to the document itself and down another way:
 * every key that follows a step up may be one of the document's own.
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
  // A document is an object: no position, number of elements or step up leads into it.
  const own: Members = first.kind === "key" ? new Set([first.name]) : NO_MEMBERS;
  return unionOf([own, aboveOf(segments)]);
};

const ofPath = ({ column, segments }: Path): Members =>
  column === undefined ? ofSegments(segments) : NO_MEMBERS;

/** What conditions look at whose paths start inside the document, at an element of an array. */
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

/** What a condition looks at in the document itself; of what is linked to it it needs others. */
export function membersOfCondition(condition: Condition): Members {
  return membersIn(condition, ofPath);
}

/** What figures over groups are worked out of. */
export function membersOfAggregation({ groups, figures }: AggregateProjection): Members {
  return unionOf([
    ...groups.map(({ path }) => ofPath(path)),
    ...figures.map(({ path }) => (path === null ? NO_MEMBERS : ofPath(path))),
  ]);
}

/** What stands at some paths. */
export function membersOfPaths(paths: readonly Path[]): Members {
  return unionOf(paths.map(ofPath));
}

/** Rules inside an element speak of the element, but for conditions and sorts that lead up. */
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

/** What the rules of a projection may show. */
export function membersOfRules(rules: readonly FieldRule[]): Members {
  return unionOf(rules.map((rule) => ofRule(rule, false)));
}

/** The names of members, in order; undefined for the whole document. */
export function memberNames(members: Members): readonly string[] | undefined {
  return members === "all" ? undefined : [...members].toSorted();
}
