/** Which resources, edges and numbers the changes of a write touch. Pure. */
import type { AccessLevel } from "../../model/resource.ts";
import type { Change } from "../../model/transaction.ts";
import type { InputStart } from "./inputs.ts";
import type { NamedPlace } from "./stored-place.ts";
import { grantIdentifier } from "./grant-identifier.ts";

/** What has to be known of the store before the changes can be planned. */
export interface Needs {
  readonly full: string[];
  readonly light: string[];
  readonly restoring: string[];
  readonly cascading: string[];
  /** Resources that move, and their new parents: the ancestors of both matter. */
  readonly climbing: string[];
  /** Resources below which something new is placed. */
  readonly placing: string[];
  /** Resources that others are to be derived from. */
  readonly sources: string[];
  /** Stored resources that may get other sources. */
  readonly rederived: string[];
  /** Rows whose level or parent is given: with the level or null, and the parent in a list or null. */
  readonly reclassified: (readonly [string, AccessLevel | null, readonly [string | null] | null])[];
  /** Stored resources whose place or sources are given: what the caller is shown of them. */
  readonly places: NamedPlace[];
  /** What restricted input may matter of: named sources, and resources that may be opened. */
  readonly inputs: InputStart[];
  readonly scopes: string[];
  readonly digests: (readonly [string, string])[];
}

const noteSources = (needs: Needs, sources: readonly string[]): void => {
  needs.sources.push(...sources);
  for (const identifier of sources) needs.inputs.push({ identifier, isSource: true });
};

/** What is compared with what the caller is shown, and what may come to be opened. */
const recordDisclosed = (needs: Needs, change: Extract<Change, { kind: "update" }>): void => {
  const { identifier, accessLevel, parentIdentifier: parent, derivedFrom, isDeleted } = change;
  const isPlaced = parent !== undefined || isDeleted === false;
  if (isPlaced || derivedFrom !== undefined) {
    needs.places.push([identifier, parent === undefined ? null : [parent]]);
  }
  if (isPlaced || derivedFrom !== undefined || accessLevel !== undefined) {
    needs.inputs.push({ identifier, isSource: false });
  }
};

const noteUpdate = (needs: Needs, change: Extract<Change, { kind: "update" }>): void => {
  needs.full.push(change.identifier);
  if (change.isDeleted === false) needs.restoring.push(change.identifier);
  if (typeof change.parentIdentifier === "string") {
    needs.light.push(change.parentIdentifier);
    needs.climbing.push(change.parentIdentifier, change.identifier);
  }
  if (change.accessLevel !== undefined || change.parentIdentifier !== undefined) {
    const { identifier, accessLevel = null, parentIdentifier: parent } = change;
    needs.reclassified.push([identifier, accessLevel, parent === undefined ? null : [parent]]);
  }
  recordDisclosed(needs, change);
  if (change.derivedFrom !== undefined) {
    noteSources(needs, change.derivedFrom);
    needs.rederived.push(change.identifier);
  }
};

const note = (needs: Needs, change: Change): void => {
  if (change.kind === "update") return noteUpdate(needs, change);
  if (change.kind === "grant" || change.kind === "revoke") {
    needs.light.push(change.grant.identifier);
    needs.inputs.push({ identifier: change.grant.identifier, isSource: false });
    needs.full.push(grantIdentifier(change.grant));
    return;
  }
  if (change.kind === "register") {
    needs.light.push(change.scope);
    needs.placing.push(change.scope);
    needs.scopes.push(change.scope);
    needs.digests.push([change.scope, change.digest]);
    return;
  }
  needs.light.push(change.identifier);
  if (change.kind === "delete") {
    if (change.cascade) needs.cascading.push(change.identifier);
    return;
  }
  if (change.parentIdentifier !== null) {
    needs.light.push(change.parentIdentifier);
    needs.placing.push(change.parentIdentifier);
  }
  noteSources(needs, change.derivedFrom);
};

/** Collects what the changes touch. */
export function needsOf(changes: readonly Change[]): Needs {
  const needs: Needs = {
    full: [],
    light: [],
    restoring: [],
    cascading: [],
    climbing: [],
    placing: [],
    sources: [],
    rederived: [],
    reclassified: [],
    places: [],
    inputs: [],
    scopes: [],
    digests: [],
  };
  for (const change of changes) note(needs, change);
  return needs;
}
