/**
 * Which planned rows are restricted, by their own access level or by an ancestor's, as far as the plan
 * knows. What the batch does not work out anew it guards.
 */
import { LIMITS } from "../../model/limits.ts";
import { fault, type Draft } from "./draft.ts";
import type { Planning } from "./plan.ts";
import type { VisibilityPlan } from "./visibility.ts";

/** True when the resource will be restricted by itself or by an ancestor, as far as is planned. */
export function isRestricted(planning: Planning, identifier: string): boolean {
  let name: string | null = identifier;
  const seen = new Set<string>();
  // A cycle is told elsewhere.
  while (name !== null && !seen.has(name)) {
    seen.add(name);
    const draft: Draft | undefined = planning.drafts.get(name);
    if (draft === undefined) return planning.loaded.rows.get(name)?.is_restricted === 1;
    if (draft.accessLevel === "restricted") return true;
    // Its ancestors are not loaded; a change of its own grade is worked out by the batch.
    if (draft.before?.parent_identifier === draft.parentIdentifier) {
      return draft.before.is_restricted === 1;
    }
    name = draft.parentIdentifier;
  }
  return false;
}

/** True when the restriction of the resource and of what lies below it is thought to change. */
const isAffected = (planning: Planning, draft: Draft): boolean => {
  const { before } = draft;
  if (before === null) return false;
  if ((before.access_level === "restricted") !== (draft.accessLevel === "restricted")) return true;
  if (before.parent_identifier === draft.parentIdentifier) return false;
  return before.is_restricted === 1 || isRestricted(planning, draft.identifier);
};

/** The payload types of what is thought to change, the roots among them; null when they are unknown. */
const typesOf = (planning: Planning, roots: readonly Draft[]): readonly string[] | null => {
  const { typesBelow } = planning.loaded;
  const affected = roots.filter((draft) => isAffected(planning, draft));
  if (affected.some(({ identifier }) => !typesBelow.has(identifier))) return null;
  // Of a row below another one its own subtree knows: all of them together know everything.
  const found = [...typesBelow.values()].flatMap(({ types }) => types);
  return [...new Set([...roots.map(({ payloadType }) => payloadType), ...found])];
};

/** Refuses to make more restricted, or open, than one batch may. */
export function checkReach({ drafts, faults, loaded }: Planning): void {
  const most = LIMITS.reclassifiedMax;
  const [first, ...others] = loaded.typesBelow;
  if (first === undefined) return;
  const [identifier, { resources }] = first;
  const all = others.reduce((sum, [, subtree]) => sum + subtree.resources, resources);
  if (all <= most) return;
  const detail =
    `Expected at most ${most} resources that become restricted or open: change fewer at once, ` +
    "or what lies below part by part.";
  const draft = others.length === 0 ? drafts.get(identifier) : undefined;
  if (draft === undefined) {
    faults.bad.push({ path: "", code: "too_large", detail });
    return;
  }
  const isMoved = draft.before?.parent_identifier !== draft.parentIdentifier;
  const path = isMoved ? "parent_identifier" : "access_level";
  faults.bad.push(fault(draft, path, "too_large", detail));
}

/** What a plan changes about who sees what. */
export function planVisibility(
  planning: Planning,
  created: readonly Draft[],
  changed: readonly Draft[],
): VisibilityPlan {
  const roots = changed.filter(
    ({ before, parentIdentifier, accessLevel }) =>
      before?.parent_identifier !== parentIdentifier || before.access_level !== accessLevel,
  );
  return {
    roots,
    isOfCreated:
      created.length > 0 &&
      (roots.length > 0 || created.some(({ identifier }) => isRestricted(planning, identifier))),
    types: typesOf(planning, roots),
  };
}
