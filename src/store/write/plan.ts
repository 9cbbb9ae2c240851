/**
 * What a write does, as a value. Pure: the same request over the same loaded rows gives the same
 * plan, and nothing here touches the database. Every bad element is found before any error is
 * thrown.
 */
import { authorizeSome, maySome } from "../../identity/policy.ts";
import { AppError, errorCode, type ErrorCode, type ErrorDetail } from "../../model/error.ts";
import type { Change, WriteRequest } from "../../model/transaction.ts";
import type { Action } from "../../identity/principal.ts";
import type { Registry } from "../../schema/type.ts";
import { planCreate } from "./create.ts";
import { planDelete } from "./delete.ts";
import type { Draft, Faults } from "./draft.ts";
import type { Loaded, LoadedRow } from "./load.ts";
import { planGrant } from "./grant.ts";
import { checkReferences } from "./references.ts";
import { planRegister } from "./register.ts";
import { isRegraded, isRestricted } from "./restriction.ts";
import { hasChanged, planUpdate } from "./update.ts";

/** A number given to an external identifier. */
export interface Allocation {
  readonly payloadType: "patient" | "study";
  readonly scope: string;
  readonly number: number;
  readonly digest: string;
  readonly identifier: string;
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
  /** Positions in `created` of the rows that are restricted, by themselves or by an ancestor. */
  readonly restricted: readonly number[];
  /** Moved rows and rows whose access level changed: their subtrees' restriction is worked out anew. */
  readonly regraded: readonly Draft[];
  readonly counts: { readonly created: number; readonly updated: number; readonly deleted: number };
  readonly identifiers: readonly string[];
}

/** The state of planning that the parts share. */
export interface Planning {
  readonly loaded: Loaded;
  readonly registry: Registry;
  readonly drafts: Map<string, Draft>;
  readonly faults: Faults;
  readonly allocations: Allocation[];
  readonly identifiers: string[];
  readonly numbers: Map<string, number>;
  readonly registered: Map<string, string>;
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
const refuseAction = ({ principal }: Loaded, changes: readonly Change[]): void => {
  const actions = new Set(
    changes.flatMap(({ kind }) => (kind === "grant" || kind === "revoke" ? [] : [ACTIONS[kind]])),
  );
  // Nothing to do is a write all the same: it takes somebody who may write anything.
  const some = WRITES.find((action) => maySome(principal, action)) ?? "update";
  if (changes.length === 0) actions.add(some);
  for (const action of actions) authorizeSome(principal, action);
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

const throwFaults = ({ notFound, forbidden, conflict, bad }: Faults): void => {
  if (forbidden.length > 0) refuse("forbidden", forbidden);
  if (notFound.length > 0) refuse("not_found", notFound);
  if (conflict.length > 0) refuse("conflict", conflict);
  const all = ordered(bad);
  if (all.length > 0) refuse(errorCode(all[0]?.code), all);
};

/** Plans a write, or throws one AppError that names every bad element. */
export const plan = (loaded: Loaded, registry: Registry, request: WriteRequest): Plan => {
  const planning: Planning = {
    loaded,
    registry,
    drafts: new Map(),
    faults: { notFound: [], forbidden: [], conflict: [], bad: [...(request.faults ?? [])] },
    allocations: [],
    identifiers: [],
    numbers: new Map(loaded.numbers),
    registered: new Map(loaded.registered),
    cascaded: new Set(),
  };
  refuseAction(loaded, request.changes);
  request.changes.forEach((change, index) => planOne(planning, change, index));
  const parents = checkReferences(planning);
  throwFaults(planning.faults);

  const drafts = [...planning.drafts.values()];
  const created = drafts.filter((draft) => draft.before === null);
  const changed = drafts.filter((draft) => draft.before !== null && hasChanged(draft));
  const deleted = changed.filter((draft) => draft.isDeleted);
  const restored = changed.filter(
    ({ before, isDeleted }) => before?.is_deleted === 1 && !isDeleted,
  );
  const kinds = request.changes.map((change) => change.kind);
  return {
    created,
    updated: changed.filter((draft) => !draft.isDeleted),
    deleted,
    cascaded: deleted.filter((draft) => planning.cascaded.has(draft.identifier)),
    allocations: planning.allocations,
    parents,
    restricted: created.flatMap((draft, position) =>
      isRestricted(planning, draft.identifier) ? [position] : [],
    ),
    regraded: changed.filter((draft) => isRegraded(planning, draft)),
    counts: {
      created: created.length + (kinds.includes("grant") ? restored.length : 0),
      updated: kinds.filter((kind) => kind === "update").length,
      deleted: kinds.some((kind) => kind === "delete" || kind === "revoke") ? deleted.length : 0,
    },
    identifiers: planning.identifiers,
  };
};
