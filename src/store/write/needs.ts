/** Which resources, edges and numbers the changes of a write touch. Pure. */
import type { AccessLevel } from "../../model/resource.ts";
import type { Change } from "../../model/transaction.ts";
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
  readonly scopes: string[];
  readonly digests: (readonly [string, string])[];
}

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
  if (change.derivedFrom !== undefined) {
    for (const source of change.derivedFrom) needs.sources.push(source);
    if (change.derivedFrom.length > 0) needs.rederived.push(change.identifier);
  }
};

const note = (needs: Needs, change: Change): void => {
  if (change.kind === "update") return noteUpdate(needs, change);
  if (change.kind === "grant" || change.kind === "revoke") {
    needs.light.push(change.grant.identifier);
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
  for (const source of change.derivedFrom) needs.sources.push(source);
};

/** Collects what the changes touch. */
export const needsOf = (changes: readonly Change[]): Needs => {
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
    scopes: [],
    digests: [],
  };
  for (const change of changes) note(needs, change);
  return needs;
};
