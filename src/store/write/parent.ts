/** Whether a resource may lie below another one, as far as the caller sees that. */
import type { ErrorDetail } from "../../model/error.ts";
import { quoted } from "../../model/nearest.ts";
import { fault, type Draft } from "./draft.ts";
import type { Planning } from "./plan.ts";

/** True for a live resource that the caller sees, or that the request makes. */
export function isLiveParent({ drafts, loaded }: Planning, identifier: string): boolean {
  const planned = drafts.get(identifier);
  if (planned !== undefined) return !planned.isDeleted;
  const row = loaded.rows.get(identifier);
  return row !== undefined && row.is_deleted === 0 && row.is_visible === 1;
}

/** The fault of a parent that is not there, or not for the caller. */
export function missingParent(draft: Draft): ErrorDetail {
  const named = quoted(draft.parentIdentifier ?? "");
  const detail = `There is no live resource ${named}: create it first, or in the same call.`;
  return fault(draft, "parent_identifier", "missing_reference", detail);
}
