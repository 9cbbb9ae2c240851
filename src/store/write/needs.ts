import type { Change } from "../../model/transaction.ts";

/** What the changes of a request touch. */
export interface Needs {
  readonly full: string[];
  readonly light: string[];
  readonly restoring: string[];
  readonly cascading: string[];
  readonly newParents: string[];
  readonly newSources: string[];
  readonly rederived: string[];
  readonly scopes: string[];
  readonly digests: (readonly [string, string])[];
}

const noteUpdate = (needs: Needs, change: Extract<Change, { kind: "update" }>): void => {
  needs.full.push(change.identifier);
  if (change.isDeleted === false) needs.restoring.push(change.identifier);
  if (typeof change.parentIdentifier === "string") {
    needs.light.push(change.parentIdentifier);
    needs.newParents.push(change.parentIdentifier);
  }
  if (change.derivedFrom !== undefined) {
    needs.light.push(...change.derivedFrom);
    needs.newSources.push(...change.derivedFrom);
    needs.rederived.push(change.identifier);
  }
};

const note = (needs: Needs, change: Change): void => {
  if (change.kind === "update") return noteUpdate(needs, change);
  if (change.kind === "register") {
    needs.light.push(change.scope);
    needs.scopes.push(change.scope);
    needs.digests.push([change.scope, change.digest]);
    return;
  }
  needs.light.push(change.identifier);
  if (change.kind === "delete") {
    if (change.cascade) needs.cascading.push(change.identifier);
    return;
  }
  if (change.parentIdentifier !== null) needs.light.push(change.parentIdentifier);
  for (const source of change.derivedFrom) needs.light.push(source);
};

/** Everything that a plan of changes has to know. */
export const needsOf = (changes: readonly Change[]): Needs => {
  const needs: Needs = {
    full: [],
    light: [],
    restoring: [],
    cascading: [],
    newParents: [],
    newSources: [],
    rederived: [],
    scopes: [],
    digests: [],
  };
  for (const change of changes) note(needs, change);
  return needs;
};
