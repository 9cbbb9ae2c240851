/** What is made from restricted input, and of which input the caller may not open that. Pure. */
import { sourcesOf as sourcesIn, type Draft } from "./draft.ts";
import type { Planning } from "./plan.ts";
import { isRestricted } from "./restriction.ts";

/**
 * Sources that a request adds, as far as the caller sees them: the others are refused as unknown, and
 * nothing may tell of them, although they may have been sources before.
 */
const newSources = (
  { drafts, loaded }: Planning,
  { before, derivedFrom }: Draft,
): readonly string[] => {
  const stored = new Set(before === null ? [] : sourcesIn(before));
  const isSeen = (each: string): boolean =>
    loaded.sources.has(each) || drafts.get(each)?.before === null;
  return derivedFrom.filter((each) => !stored.has(each) && isSeen(each));
};

/** Everything that a resource has been derived from, and will be. */
const sourcesOf = (planning: Planning, identifier: string): readonly string[] => {
  const draft = planning.drafts.get(identifier);
  const named = draft?.namesSources === true ? newSources(planning, draft) : [];
  return [...(planning.loaded.inputs.nodes.get(identifier)?.sources ?? []), ...named];
};

/** Everything that a walk from some nodes comes to, these included; each once. */
const reach = (
  starts: Iterable<string>,
  next: (node: string) => readonly string[],
): Set<string> => {
  const found = new Set(starts);
  for (const node of found) for (const each of next(node)) found.add(each);
  return found;
};

/** Finds out what is made from restricted input, and what the caller may not open of that. */
export const inputsOf = (planning: Planning) => {
  const { drafts, loaded } = planning;
  const { nodes, isWhole } = loaded.inputs;
  const isNew = (identifier: string): boolean => drafts.get(identifier)?.before === null;
  const isClosed = (identifier: string): boolean =>
    isNew(identifier)
      ? isRestricted(planning, identifier)
      : nodes.get(identifier)?.isRestricted === true;
  const closed = [...new Set([...nodes.keys(), ...drafts.keys()])].filter(isClosed);
  const madeFrom = new Map<string, string[]>();
  for (const each of closed) {
    for (const source of sourcesOf(planning, each)) {
      madeFrom.set(source, [...(madeFrom.get(source) ?? []), each]);
    }
  }
  // Of more than is looked at nobody knows whose it is.
  const others = closed.filter(
    (each) => !isNew(each) && (!isWhole || nodes.get(each)?.isLiftable !== true),
  );
  const foreign = reach(others, (each) => madeFrom.get(each) ?? []);
  const own = new Set(closed);
  return {
    /** True: the caller may not open some of the sources that the request adds. */
    isFromNewForeign: (draft: Draft): boolean =>
      newSources(planning, draft).some((each) => foreign.has(each)),
    /** True: the caller may not open everything that the resource is made from. */
    isFromForeign: ({ identifier }: Draft): boolean =>
      sourcesOf(planning, identifier).some((each) => foreign.has(each)),
    isFromClosed: ({ identifier }: Draft): boolean =>
      sourcesOf(planning, identifier).some((each) => own.has(each)),
  };
};

/** The answers about one request. */
export type InputRules = ReturnType<typeof inputsOf>;

/** Gives new resources whose level is not given theirs: as restricted as what they are made from. */
export function completeLevels(planning: Planning): void {
  const drafts = [...planning.drafts.values()];
  const open = drafts.filter((draft) => draft.hasDefaultLevel === true);
  if (open.length === 0) return;
  const made = Map.groupBy(
    open.flatMap((draft) => draft.derivedFrom.map((source) => ({ draft, source }))),
    ({ source }) => source,
  );
  const below = Map.groupBy(drafts, ({ parentIdentifier }) => parentIdentifier ?? "");
  const closed = drafts.filter(({ identifier }) => isRestricted(planning, identifier));
  const starts = [...planning.loaded.restrictedSources, ...closed.map((each) => each.identifier)];
  reach(starts, (identifier) => {
    const others = (made.get(identifier) ?? []).map(({ draft }) => draft);
    for (const draft of others) draft.accessLevel = "restricted";
    return [...others, ...(below.get(identifier) ?? [])].map((each) => each.identifier);
  });
}
