/** Checks what a write points at: parents, sources, and that neither graph gets a cycle. */
import { quoted } from "../../model/nearest.ts";
import { isUnbound } from "../../identity/principal.ts";
import { checkDerivations, derivationGuards, type DerivationReliance } from "./derivations.ts";
import { fault, sourcesOf, type Draft } from "./draft.ts";
import { checkLevels, levelGuards, type LevelReliance } from "./levels.ts";
import { isLiveParent, missingParent } from "./parent.ts";
import type { LoadedRow } from "./row.ts";
import type { Plan, Planning } from "./plan.ts";
import type { Sql } from "../sql/template.ts";
import { hasChanged } from "./update.ts";

const isMoved = (draft: Draft): boolean =>
  draft.before === null || draft.parentIdentifier !== draft.before.parent_identifier;

const isRestored = (draft: Draft): boolean => draft.before?.is_deleted === 1 && !draft.isDeleted;

const checkParent = (planning: Planning, draft: Draft, parents: Map<string, LoadedRow>): void => {
  const name = draft.parentIdentifier;
  if (name === null) return;
  const planned = planning.drafts.get(name);
  const row = planning.loaded.rows.get(name);
  // What lies below something hidden is restored in its place, and nothing tells of that.
  const isHidden = planned === undefined && row?.is_visible === 0 && !isMoved(draft);
  if (isHidden && row.is_deleted === 1) {
    planning.faults.notFound.push(fault(draft, "", "not_found", "No such live resource."));
  } else if (!isHidden && !isLiveParent(planning, name)) {
    planning.faults.bad.push(missingParent(draft));
  } else if (row !== undefined && planned === undefined) {
    parents.set(name, row);
  }
};

const checkSources = (planning: Planning, draft: Draft): void => {
  const named = draft.derivedFrom.slice(0, draft.derivedFrom.length - draft.keptSources);
  // From who sees everything no source is hidden that is stored.
  const { before } = draft;
  const isAll = isUnbound(planning.loaded.principal);
  const stored = new Set(isAll && before !== null ? sourcesOf(before) : []);
  for (const [position, source] of named.entries()) {
    const path = `derived_from.${position}`;
    const row = planning.loaded.rows.get(source);
    const known =
      planning.drafts.has(source) ||
      planning.loaded.sources.has(source) ||
      stored.has(source) ||
      row?.is_visible === 1;
    if (source === draft.identifier) {
      planning.faults.bad.push(
        fault(draft, path, "cycle", "A resource cannot be derived from itself."),
      );
    } else if (!known) {
      const detail = `There is no resource ${quoted(source)}: create it first, or in the same call.`;
      planning.faults.bad.push(fault(draft, path, "missing_reference", detail));
    }
  }
};

/** What the references of a plan rely on. */
export interface Reliance {
  /** Existing parents of new, moved or restored resources. */
  readonly parents: readonly LoadedRow[];
  readonly levels: LevelReliance;
  readonly derivations: DerivationReliance;
}

/**
 * Checks every reference that the write sets; faults are collected in the planning. Answers what is
 * relied on.
 */
export function checkReferences(planning: Planning): Reliance {
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
  const levels = checkLevels(planning, placed.filter(isMoved));
  const derivations = checkDerivations(planning, derived);
  return { parents: [...parents.values()], levels, derivations };
}

/** Conditions of a guard: what the checks of the tree and of derivations relied on is so no more. */
export function referenceGuards({ levels, derivations, since }: Plan): readonly Sql[] {
  return [...levelGuards(levels, since), ...derivationGuards(derivations, since)];
}
