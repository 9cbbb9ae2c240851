/**
 * What a write does, as a value. Pure: the same request over the same loaded rows gives the same
 * plan, and nothing here touches the database. Every bad element is found before any error is
 * thrown.
 */
import { authorizeSome, maySome } from "../../identity/policy.ts";
import { AppError, errorCode, type ErrorCode, type ErrorDetail } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import type { Change, WriteRequest } from "../../model/transaction.ts";
import type { Action, Principal } from "../../identity/principal.ts";
import type { Registry } from "../../schema/type.ts";
import { requireFull } from "../visibility/entity-access.ts";
import type { PrefixClaims } from "../object-records/prefixes.ts";
import type { HeldLease } from "../sources/lease.ts";
import { planCreate } from "./create.ts";
import { planDelete } from "./delete.ts";
import type { Draft, ErrorDetails } from "./draft.ts";
import { checkClosing, NO_LINKS, type LinkPlan } from "./links.ts";
import type { Loaded } from "./load.ts";
import type { Registered } from "./registered.ts";
import type { LoadedRow } from "./row.ts";
import { planGrant } from "./grant.ts";
import type { DerivationReliance } from "./derivations.ts";
import type { LevelReliance } from "./levels.ts";
import { checkReferences, type Reliance } from "./references.ts";
import { planRegister } from "./register.ts";
import type { SecretChange } from "./decision.ts";
import { checkKeys } from "./keys.ts";
import { planObjects, type ObjectPlan } from "./object-plan.ts";
import { checkOpening, type OpeningReliance } from "./opening.ts";
import { checkReach, planVisibility } from "./restriction.ts";
import { seenOf } from "./seen.ts";
import { hasChanged, planUpdate } from "./update.ts";
import type { VisibilityPlan } from "./visibility.ts";

/** A number given to an external identifier. */
export interface Allocation {
  readonly payloadType: "patient" | "study";
  readonly scope: string;
  readonly number: number;
  readonly digest: string;
  readonly identifier: string;
}

/** How far a sequence has gone on. */
export interface SequenceStep {
  readonly name: string;
  readonly before: number | null;
  readonly last: number;
}

/** The outcome of planning. */
export interface Plan {
  /** New resources, in the order of the request. */
  readonly created: readonly Draft[];
  /** Existing resources with a new version that stays or becomes live. */
  readonly updated: readonly Draft[];
  /** Existing live resources that become tombstones. */
  readonly deleted: readonly Draft[];
  /** Those of `deleted` whose whole subtree goes with them. */
  readonly cascaded: readonly Draft[];
  readonly allocations: readonly Allocation[];
  /** Parents of new, moved or restored rows: they must be live when the batch runs. */
  readonly parents: readonly LoadedRow[];
  readonly levels: LevelReliance;
  readonly derivations: DerivationReliance;
  readonly opening: OpeningReliance;
  /** Stored resources that the caller saw: it has to see them still when the batch runs. */
  readonly seen: readonly string[];
  /** The transaction of the load: what was relied on has not changed since. */
  readonly since: number;
  readonly visibility: VisibilityPlan;
  /** Sequences that gave numbers: the last one before (null: none), and now. */
  readonly sequences: readonly SequenceStep[];
  readonly links: LinkPlan;
  /** What becomes of references to objects. */
  readonly objects: ObjectPlan;
  /** Secrets that belong to the resources above. */
  readonly secrets: readonly SecretChange[];
  /** First segments of keys that begin to be used. */
  readonly claims: PrefixClaims;
  /** Files whose copies are to be read through. */
  readonly checks: readonly string[];
  /** Whose work on a dataset has to go on, or nobody's. */
  readonly lease: HeldLease | null;
  readonly counts: { readonly created: number; readonly updated: number; readonly deleted: number };
  readonly identifiers: readonly string[];
}

/** The state of planning that the parts share. */
export interface Planning {
  readonly loaded: Loaded;
  readonly registry: Registry;
  readonly drafts: Map<string, Draft>;
  readonly faults: ErrorDetails;
  readonly allocations: Allocation[];
  readonly identifiers: string[];
  readonly numbers: Map<string, number>;
  readonly registered: Map<string, Registered>;
  readonly cascaded: Set<string>;
}

const ACTIONS: Record<Exclude<Change["kind"], "grant" | "revoke">, Action> = {
  create: "create",
  register: "create",
  update: "update",
  delete: "delete",
};

const planOne = (planning: Planning, change: Change, index: number): void => {
  switch (change.kind) {
    case "create":
      return planCreate(planning, change, index);
    case "register":
      return planRegister(planning, change, index);
    case "update":
      return planUpdate(planning, change, index);
    case "delete":
      return planDelete(planning, change, index);
    case "grant":
    case "revoke":
      return planGrant(planning, change, index);
  }
};

const WRITES: readonly Action[] = ["create", "update", "delete"];

/** Who may not do this to anything is refused before anything else is looked at. */
const refuseAction = (principal: Principal, wanted: readonly Action[]): void => {
  for (const action of new Set(wanted)) authorizeSome(principal, action);
};

/** What changes do to data. */
const actionsOf = (principal: Principal, changes: readonly Change[]): readonly Action[] => {
  // Nothing to do is a write all the same: it takes somebody who may write anything.
  if (changes.length === 0) return [WRITES.find((each) => maySome(principal, each)) ?? "update"];
  return changes.flatMap(({ kind }) =>
    kind === "grant" || kind === "revoke" ? [] : [ACTIONS[kind]],
  );
};

const refuse = (code: ErrorCode, details: readonly ErrorDetail[]): never => {
  const [first] = details;
  const more = details.length > 1 ? ` (and ${details.length - 1} more)` : "";
  throw new AppError(code, `${first?.detail ?? "The request is invalid."}${more}`, { details });
};

/** The first fault of each member, in the order of the request. */
const ordered = (found: readonly ErrorDetail[]): readonly ErrorDetail[] => {
  const element = ({ index, identifier }: ErrorDetail): string => identifier ?? String(index ?? "");
  const otherwiseBad = new Set(found.filter(({ code }) => code !== "cycle").map(element));
  // What is wrong in itself is not also blamed for the cycle that it might have closed.
  const details = found.filter(
    (detail) => detail.code !== "cycle" || !otherwiseBad.has(element(detail)),
  );
  const first = new Map<string, ErrorDetail>();
  for (const detail of details) {
    const key = JSON.stringify([detail.index, detail.identifier, detail.path]);
    if (!first.has(key)) first.set(key, detail);
  }
  return [...first.values()].toSorted((left, right) => (left.index ?? 0) - (right.index ?? 0));
};

/**
 * Throws what is wrong, if anything is: one error that names every bad element.
 *
 * @param isMisshapen true: some of it is wrong whatever is stored, which comes before what is not there.
 */
export function throwErrors(
  { notFound, forbidden, conflict, bad }: ErrorDetails,
  isMisshapen = false,
): void {
  if (forbidden.length > 0) refuse("forbidden", forbidden);
  if (notFound.length > 0 && !isMisshapen) refuse("not_found", notFound);
  if (conflict.length > 0 && !isMisshapen) refuse("conflict", conflict);
  const all = ordered(bad);
  if (all.length > 0) refuse(errorCode(all[0]?.code), all);
}

/** Everything that the changes come to, good and bad. */
export interface Applied {
  readonly planning: Planning;
  readonly reliance: Reliance;
  readonly opening: OpeningReliance;
  readonly objects: ObjectPlan;
  readonly changes: readonly Change[];
}

/** More than an isolate should hold was to be changed. */
export const HEAVY: ErrorDetail = {
  path: "",
  code: "too_large",
  detail: `Expected to change resources with at most ${LIMITS.loadedBytesMax} bytes in all: name fewer at once.`,
};

/** Draws the changes one by one, and checks what they come to together. */
export function applyChanges(
  loaded: Loaded,
  registry: Registry,
  { changes, errors = [] }: Pick<WriteRequest, "changes" | "errors">,
): Applied {
  const planning: Planning = {
    loaded,
    registry,
    drafts: new Map(),
    faults: { notFound: [], forbidden: [], conflict: [], bad: [...errors], withheld: [] },
    allocations: [],
    identifiers: [],
    numbers: new Map(loaded.numbers),
    registered: new Map(loaded.registered),
    cascaded: new Set(),
  };
  changes.forEach((change, index) => planOne(planning, change, index));
  if (loaded.isHeavy) planning.faults.bad.push(HEAVY);
  const reliance = checkReferences(planning);
  const opening = checkOpening(planning);
  checkClosing(planning);
  checkReach(planning);
  checkKeys([...planning.drafts.values()], registry, loaded.holders, planning.faults);
  const objects = planObjects(planning);
  return { planning, reliance, opening, objects, changes };
}

/** The versions that a write supersedes are copied in its batch. */
const refuseBytes = (changed: readonly Draft[]): void => {
  const most = LIMITS.supersededBytesMax;
  const bytes = changed.reduce((sum, { before }) => sum + (before?.bytes ?? 0), 0);
  if (bytes <= most) return;
  const detail = `Expected to change or delete resources with at most ${most} bytes in all: name fewer at once.`;
  throw new AppError("too_large", detail, { details: [{ path: "", code: "too_large", detail }] });
};

/**
 * The plan of the applied changes, once they are found good.
 *
 * @throws AppError `too_large` when more bytes would be superseded than one batch may copy.
 */
export function finish(
  { planning, reliance, opening, objects, changes }: Applied,
  sequences: Plan["sequences"],
  links: LinkPlan = NO_LINKS,
): Plan {
  const drafts = [...planning.drafts.values()];
  const created = drafts.filter((draft) => draft.before === null);
  const changed = drafts.filter((draft) => draft.before !== null && hasChanged(draft));
  refuseBytes(changed);
  const deleted = changed.filter((draft) => draft.isDeleted);
  const restored = changed.filter(
    ({ before, isDeleted }) => before?.is_deleted === 1 && !isDeleted,
  );
  const kinds = changes.map((change) => change.kind);
  return {
    created,
    updated: changed.filter((draft) => !draft.isDeleted),
    deleted,
    cascaded: deleted.filter((draft) => planning.cascaded.has(draft.identifier)),
    allocations: planning.allocations,
    ...reliance,
    opening,
    seen: seenOf(planning.loaded),
    since: planning.loaded.meta.transaction,
    visibility: planVisibility(planning, created, changed),
    sequences,
    links,
    objects,
    secrets: [],
    claims: {},
    checks: [],
    lease: null,
    counts: {
      created: created.length + (kinds.includes("grant") ? restored.length : 0),
      updated: kinds.filter((kind) => kind === "update").length,
      deleted: kinds.some((kind) => kind === "delete" || kind === "revoke") ? deleted.length : 0,
    },
    identifiers: planning.identifiers,
  };
}

/** Plans a write, or throws one AppError that names every bad element. */
export function plan(loaded: Loaded, registry: Registry, request: WriteRequest): Plan {
  refuseAction(loaded.principal, actionsOf(loaded.principal, request.changes));
  const applied = applyChanges(loaded, registry, request);
  const { faults } = applied.planning;
  throwErrors(faults, (request.errors ?? []).length > 0);
  const planned = fully(finish(applied, []), registry, loaded.principal);
  if (faults.withheld.length > 0) refuse("forbidden", faults.withheld.slice(0, 1));
  return planned;
}

/** A plan whose resources the caller may write as a whole. */
export function fully(planned: Plan, registry: Registry, principal: Principal): Plan {
  requireFull(registry, principal, [
    ...planned.created.map((draft) => ({ ...draft, operation: "insert" as const })),
    ...planned.updated.map((draft) => ({ ...draft, operation: "update" as const })),
    ...planned.deleted.map((draft) => ({ ...draft, operation: "delete" as const })),
  ]);
  return planned;
}
