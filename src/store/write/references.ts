/** Checks what a write points at: parents, sources, and that neither graph gets a cycle. */
import { findCycles } from "./cycles.ts";
import { fault, type Draft } from "./draft.ts";
import type { LoadedRow } from "./row.ts";
import type { Planning } from "./plan.ts";
import { hasChanged } from "./update.ts";

const isMoved = (draft: Draft): boolean =>
  draft.before === null || draft.parentIdentifier !== draft.before.parent_identifier;

const isRestored = (draft: Draft): boolean => draft.before?.is_deleted === 1 && !draft.isDeleted;

const checkParent = (planning: Planning, draft: Draft, parents: Map<string, LoadedRow>): void => {
  const name = draft.parentIdentifier;
  if (name === null) return;
  const planned = planning.drafts.get(name);
  const row = planning.loaded.rows.get(name);
  const live =
    planned === undefined
      ? row !== undefined && row.is_deleted === 0 && row.is_visible === 1
      : !planned.isDeleted;
  if (!live) {
    planning.faults.bad.push(
      fault(draft, "parent_identifier", "missing_reference", "Expected a live resource."),
    );
  } else if (row !== undefined && planned === undefined) {
    parents.set(name, row);
  }
};

const checkSources = (planning: Planning, draft: Draft): void => {
  for (const [position, source] of draft.derivedFrom.entries()) {
    const path = `derived_from.${position}`;
    const row = planning.loaded.rows.get(source);
    const known = planning.drafts.has(source) || row?.is_visible === 1;
    if (source === draft.identifier) {
      planning.faults.bad.push(
        fault(draft, path, "cycle", "A resource cannot be derived from itself."),
      );
    } else if (!known) {
      planning.faults.bad.push(
        fault(draft, path, "missing_reference", "Expected an existing resource."),
      );
    }
  }
};

const checkTree = (planning: Planning, moved: readonly Draft[]): void => {
  const { drafts, loaded } = planning;
  const parentOf = (identifier: string): readonly string[] => {
    const draft = drafts.get(identifier);
    const parent = draft === undefined ? loaded.parents.get(identifier) : draft.parentIdentifier;
    return parent === null || parent === undefined ? [] : [parent];
  };
  const cyclic = findCycles(
    moved.map((draft) => draft.identifier),
    parentOf,
  );
  for (const draft of moved) {
    if (!cyclic.has(draft.identifier)) continue;
    planning.faults.bad.push(
      fault(draft, "parent_identifier", "cycle", "A resource cannot lie below itself."),
    );
  }
};

const checkDerivations = (planning: Planning, derived: readonly Draft[]): void => {
  const { drafts, loaded } = planning;
  const reached = Map.groupBy(loaded.origins, (pair) => pair.start);
  const changed = new Set(derived.map((draft) => draft.identifier));
  const sourcesOf = (identifier: string): readonly string[] =>
    changed.has(identifier)
      ? (drafts.get(identifier)?.derivedFrom ?? [])
      : (reached.get(identifier) ?? []).map((pair) => pair.identifier);
  const cyclic = findCycles([...changed], sourcesOf);
  for (const draft of derived) {
    // An edge that stood before closes no cycle: only a new one is to blame.
    if (!cyclic.has(draft.identifier) || !hasChanged(draft)) continue;
    planning.faults.bad.push(
      fault(draft, "derived_from", "cycle", "A resource cannot be derived from itself."),
    );
  }
};

/**
 * Checks every reference that the write sets. Answers the existing parents that it relies on.
 * Faults are collected in the planning.
 */
export const checkReferences = (planning: Planning): readonly LoadedRow[] => {
  const drafts = [...planning.drafts.values()].filter(
    (draft) => draft.before === null || hasChanged(draft),
  );
  const parents = new Map<string, LoadedRow>();
  const placed = drafts.filter((draft) => isMoved(draft) || isRestored(draft));
  for (const draft of placed) {
    // A tombstone may keep a parent that is gone; a moved or restored resource may not.
    if (!draft.isDeleted || isMoved(draft)) checkParent(planning, draft, parents);
  }
  // Also those that name the sources they had: the loaded edges end at all of them alike.
  const derived = [...planning.drafts.values()].filter((draft) => draft.namesSources);
  for (const draft of derived) checkSources(planning, draft);
  checkTree(planning, placed.filter(isMoved));
  checkDerivations(planning, derived);
  return [...parents.values()];
};
