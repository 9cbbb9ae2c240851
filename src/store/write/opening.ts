/**
 * Who may open what, and who may close it: the one rule about levels and places, whichever way a write
 * changes them. To see something is no right to open it. Pure.
 *
 * - The level of a resource is lowered by its owner; of one that is made from restricted input, by
 *   whoever may open all of that input.
 * - What is restricted is moved by the owner of it and of all that lies below it, by the owner of all
 *   that restricts it, and by others only where nobody else comes to see it.
 * - What is made from restricted input of others is restricted itself.
 * - Who closes what others have left open needs the right to delete it.
 */
import { mayOn } from "../../identity/policy.ts";
import { isUnbound } from "../../identity/principal.ts";
import type { AccessLevel } from "../../model/resource.ts";
import { fault, type Draft } from "./draft.ts";
import { isLiveParent } from "./parent.ts";
import type { Planning } from "./plan.ts";
import { isRestricted } from "./restriction.ts";
import type { Sql } from "../sql/template.ts";
import { inputsOf, completeLevels, type InputRules } from "./input-rules.ts";
import { inputGuards } from "./inputs.ts";
import type { RightsView } from "./object-rights.ts";
import { placeGuards, type ReliedPlace } from "./stored-place.ts";
import { subtreeGuards, type ReliedSubtree } from "./types-below.ts";

const ANONYMOUS_ACCESS: Readonly<Record<AccessLevel, number>> = {
  restricted: 0,
  internal: 1,
  public: 2,
};

/** How much further the level of a stored resource opens it; negative: it is closed. */
const openedBy = ({ before, accessLevel }: Draft): number =>
  before === null ? 0 : ANONYMOUS_ACCESS[accessLevel] - ANONYMOUS_ACCESS[before.access_level];

/** True when the write opens the resource to more readers by its own level. */
export function isOpened(draft: Draft): boolean {
  return openedBy(draft) > 0;
}

/** What the checks of levels and places rely on. */
export interface OpeningReliance {
  readonly places: readonly ReliedPlace[];
  readonly subtrees: readonly ReliedSubtree[];
  readonly inputs: readonly (readonly [identifier: string, wasRestricted: boolean])[];
}

const OPEN = "Expected a resource that you own: to see it is no right to open it.";
const INPUT =
  "Expected restricted: it is made from restricted resources of others. An admin, or who may open these, may open it.";
/** The same whether something hidden lies above the resource or nothing does. */
export const PLACE =
  "Expected a resource whose parent you see and that is yours with all below it, or a place where nobody else comes to see it.";
const OBJECTS =
  "Expected that no object is opened which you may not open: something below names one.";
const CLOSE = "Expected resources that you may delete: what lies below others have left open.";

/** What is checked of one request. */
interface Checking {
  readonly planning: Planning;
  readonly inputs: InputRules;
  readonly places: ReliedPlace[];
  readonly subtrees: ReliedSubtree[];
}

const forbid = ({ planning }: Checking, draft: Draft, path: string, detail: string): void => {
  planning.faults.forbidden.push(fault(draft, path, "forbidden", detail));
};

const isOwn = ({ planning }: Checking, { before }: Draft): boolean =>
  before === null || before.owner === planning.loaded.principal.id;

const mayOpen = (checking: Checking, draft: Draft): boolean => {
  const { inputs } = checking;
  if (inputs.isFromClosed(draft)) return !inputs.isFromForeign(draft);
  return isOwn(checking, draft);
};

const isMoved = ({ before, parentIdentifier }: Draft): boolean =>
  before !== null && before.parent_identifier !== parentIdentifier;

/** True when the request moves or makes something above the new place of a resource. */
const isUnderChange = ({ planning }: Checking, { parentIdentifier: parent }: Draft): boolean => {
  const { drafts, loaded } = planning;
  if (parent === null) return false;
  if (drafts.get(parent)?.before === null) return true;
  const moved = new Set([...drafts.values()].filter(isMoved).map(({ before }) => before?.rid));
  const links = loaded.ancestry?.links;
  const seen = new Set<number>();
  for (let rid = loaded.rows.get(parent)?.rid; rid !== undefined; rid = links?.get(rid)) {
    if (moved.has(rid) || seen.has(rid)) return true;
    seen.add(rid);
  }
  return false;
};

const groupsOf = ({ planning }: Checking, { identifier }: Draft) =>
  planning.loaded.typesBelow.get(identifier)?.groups;

/** True for a resource that is the caller's own with everything that goes with it. */
const isFullyOwn = ({ planning }: Checking, { identifier }: Draft): boolean => {
  const { drafts, loaded } = planning;
  const goesAlong = (root: string): boolean => {
    const draft = drafts.get(root);
    // What changes its level alone is counted by itself, and may lie below.
    return root === identifier || draft === undefined || !isMoved(draft);
  };
  return (
    loaded.typesBelow.has(identifier) &&
    [...loaded.typesBelow].every(
      ([root, { groups }]) => !goesAlong(root) || groups.every((each) => each.isOwn),
    )
  );
};

/** Something restricted leaves its place. */
const checkMove = (checking: Checking, draft: Draft): void => {
  const { identifier, parentIdentifier } = draft;
  const { loaded } = checking.planning;
  const place = loaded.places.get(identifier);
  if (place === undefined) {
    forbid(checking, draft, "parent_identifier", PLACE);
    return;
  }
  const rely = (how: { readonly isLifted?: boolean; readonly isNeutral?: boolean }): void => {
    checking.places.push({
      named: [identifier, [parentIdentifier]],
      parent: place.parent,
      isLifted: how.isLifted === true,
      isNeutral: how.isNeutral === true,
    });
  };
  // What others may open is taken to no place that they did not choose.
  const isFree = !checking.inputs.isFromForeign(draft);
  if (isFree && isFullyOwn(checking, draft)) {
    rely({});
    checking.subtrees.push({ identifier, own: "all", isOpenable: false });
  } else if (isFree && place.isLifted) rely({ isLifted: true });
  // At the top nobody but its owner moves it, so that nothing tells whether something hidden is above.
  else if (place.parent !== null && place.isNeutral && !isUnderChange(checking, draft))
    rely({ isNeutral: true });
  else forbid(checking, draft, "parent_identifier", PLACE);
};

/** Something may be restricted no more: what lies above it is not known here. */
const checkOpened = (checking: Checking, draft: Draft): void => {
  const path = isOpened(draft) ? "access_level" : "parent_identifier";
  if (!isOpened(draft) && checking.inputs.isFromForeign(draft)) {
    forbid(checking, draft, path, INPUT);
  }
  const { identifier } = draft;
  const groups = groupsOf(checking, draft) ?? [];
  if (groups.some((each) => !each.isCovered && each.hasClosedObjects)) {
    forbid(checking, draft, path, OBJECTS);
  }
  checking.subtrees.push({ identifier, own: "any", isOpenable: true });
};

/** Something open is closed to others. */
const checkClosed = (checking: Checking, draft: Draft, isWhole: boolean): void => {
  const { planning } = checking;
  const { principal } = planning.loaded;
  const { identifier, payloadType } = draft;
  const path = openedBy(draft) < 0 ? "access_level" : "parent_identifier";
  const mayClose = (type: string): boolean =>
    mayOn(principal, "delete", { payloadType: type, isOwn: false });
  const below = (isWhole ? (groupsOf(checking, draft) ?? []) : []).filter(
    (each) => !each.isCovered && !each.isOwn,
  );
  const isRefused =
    (!isOwn(checking, draft) && !mayClose(payloadType)) ||
    below.some((each) => !mayClose(each.payloadType));
  if (isRefused) forbid(checking, draft, path, CLOSE);
  else if (isWhole && below.length === 0 && isOwn(checking, draft)) {
    checking.subtrees.push({ identifier, own: "uncovered", isOpenable: false });
  }
};

const checkStored = (checking: Checking, draft: Draft): void => {
  const { before } = draft;
  if (before === null) return;
  const opened = openedBy(draft);
  const [was, is] = [before.is_restricted === 1, isRestricted(checking.planning, draft.identifier)];
  if (opened > 0 && !mayOpen(checking, draft)) {
    const detail = checking.inputs.isFromClosed(draft) ? INPUT : OPEN;
    forbid(checking, draft, "access_level", detail);
  }
  const isFrom = draft.namesSources && draft.accessLevel !== "restricted";
  if (isFrom && opened <= 0 && checking.inputs.isFromNewForeign(draft)) {
    forbid(checking, draft, "derived_from", INPUT);
  }
  // A place that there is not for the caller is told by itself, whatever lies there.
  const { parentIdentifier: parent } = draft;
  if (isMoved(draft) && parent !== null && !isLiveParent(checking.planning, parent)) return;
  if (was && isMoved(draft)) checkMove(checking, draft);
  const isBared = before.access_level === "restricted" || (was && isMoved(draft));
  if (isBared && draft.accessLevel !== "restricted") checkOpened(checking, draft);
  if (opened < 0 || (!was && is)) checkClosed(checking, draft, !was && is);
};

/**
 * Checks who opens and closes what; faults are collected in the planning. New resources without a
 * level of their own get it here.
 */
export function checkOpening(planning: Planning): OpeningReliance {
  completeLevels(planning);
  const { drafts, loaded } = planning;
  const checking: Checking = { planning, inputs: inputsOf(planning), places: [], subtrees: [] };
  if (isUnbound(loaded.principal)) return { places: [], subtrees: [], inputs: [] };
  for (const draft of drafts.values()) {
    if (draft.before !== null) checkStored(checking, draft);
    else if (draft.accessLevel !== "restricted" && checking.inputs.isFromForeign(draft)) {
      forbid(checking, draft, "access_level", INPUT);
    }
  }
  const { nodes } = loaded.inputs;
  // Of others nothing was loaded, and nothing is relied on: their sources may well be restricted.
  const relying = [...drafts.values()].filter((draft) => draft.namesSources || isOpened(draft));
  const sources = relying.flatMap(({ derivedFrom }) => derivedFrom);
  const relied = relying.length > 0 ? [...new Set([...nodes.keys(), ...sources])] : [];
  return {
    places: checking.places,
    subtrees: checking.subtrees,
    inputs: relied.map((each) => [each, nodes.get(each)?.isRestricted === true]),
  };
}

/** True when the caller may pass on what a resource is made from, so that it may grant it. */
export function mayPassOn(planning: Planning, draft: Draft): boolean {
  return isUnbound(planning.loaded.principal) || !inputsOf(planning).isFromForeign(draft);
}

/** Conditions of a guard: what the checks relied on is so no more. */
export function openingGuards(
  { places, subtrees, inputs }: OpeningReliance,
  since: number,
  view: RightsView,
): readonly Sql[] {
  return [
    ...placeGuards(view.principal, view.closed, places),
    ...subtreeGuards(view, subtrees),
    ...inputGuards(inputs, since),
  ];
}
