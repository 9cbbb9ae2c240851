/** Which planned rows are restricted: by their own access level or by an ancestor's. */
import type { Draft } from "./draft.ts";
import type { Planning } from "./plan.ts";

/** True when the resource will be restricted by itself or by an ancestor, as far as is planned. */
export const isRestricted = (planning: Planning, identifier: string): boolean => {
  let name: string | null = identifier;
  while (name !== null) {
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
};

/** True when the restriction of the resource and what lies below it may have changed. */
export const isRegraded = (planning: Planning, draft: Draft): boolean => {
  const { before } = draft;
  if (before === null) return false;
  if ((before.access_level === "restricted") !== (draft.accessLevel === "restricted")) return true;
  if (before.parent_identifier === draft.parentIdentifier) return false;
  return before.is_restricted === 1 || isRestricted(planning, draft.identifier);
};
