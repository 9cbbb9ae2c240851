/** Grants: who, beside owners and admins, may see a restricted resource and what lies below it. */
import type { GrantChange, RevokeChange } from "../../model/transaction.ts";
import type { Principal } from "../../identity/principal.ts";
import { draftOf, fault, type Draft } from "./draft.ts";
import { grantIdentifier } from "./grant-identifier.ts";
import { mayPassOn } from "./opening.ts";
import type { Planning } from "./plan.ts";
import type { LoadedRow } from "./row.ts";

const newGrant = (planning: Planning, { grant }: GrantChange, index: number): Draft => ({
  identifier: grantIdentifier(grant),
  payloadType: "grant",
  index,
  before: null,
  schemaVersion: planning.registry.types.get("grant")?.version ?? "",
  parentIdentifier: null,
  derivedFrom: [],
  keptSources: 0,
  license: null,
  // A grant names what it opens: nobody sees it but admins and who gave it.
  accessLevel: "restricted",
  isDeleted: false,
  payload: {
    resource_identifier: grant.identifier,
    grantee_type: grant.granteeType,
    grantee_id: grant.granteeId,
  },
  changed: new Set(),
  namesSources: false,
});

/** True for who gives access to a resource, and takes it: its owner, and admins. */
export function givesAccess({ id, role, kind }: Principal, { owner }: LoadedRow): boolean {
  return kind === "system" || role === "admin" || owner === id;
}

/** True when the caller may give and take access to the resource; else the fault is noted. */
const mayGrant = (
  planning: Planning,
  change: GrantChange | RevokeChange,
  index: number,
): boolean => {
  const { grant } = change;
  const { faults, loaded } = planning;
  const at = { index, identifier: grant.identifier };
  const row = loaded.rows.get(grant.identifier);
  const isTaking = change.kind === "revoke";
  // A grant shows the past of a tombstone, too: it can be taken back.
  const isThere = row?.is_visible === 1 && (row.is_deleted === 0 || isTaking);
  if (!isThere || row.payload_type === "grant") {
    faults.notFound.push(fault(at, "identifier", "not_found", "No such live resource."));
    return false;
  }
  const { principal } = loaded;
  if (principal.kind === "system") return true;
  const isOwn = givesAccess(principal, row);
  if (isOwn && (isTaking || mayPassOn(planning, draftOf(row, index)))) return true;
  if (isOwn) {
    const detail =
      "Expected a resource that is made from nothing restricted of others: who may open that gives access.";
    faults.forbidden.push(fault(at, "identifier", "forbidden", detail));
    return false;
  }
  const detail = "Expected a resource that you own; otherwise admins alone give access.";
  faults.forbidden.push(fault(at, "identifier", "forbidden", detail));
  return false;
};

/**
 * Plans one grant, or its end. A grant that is there already stays as it is; one that is taken back
 * has to be there.
 */
export function planGrant(
  planning: Planning,
  change: GrantChange | RevokeChange,
  index: number,
): void {
  if (!mayGrant(planning, change, index)) return;
  const { drafts, faults, loaded } = planning;
  const identifier = grantIdentifier(change.grant);
  const row = loaded.rows.get(identifier);
  const known = drafts.get(identifier) ?? (row === undefined ? undefined : draftOf(row, index));
  if (change.kind === "grant") {
    const draft = known ?? newGrant(planning, change, index);
    draft.isDeleted = false;
    drafts.set(identifier, draft);
    return;
  }
  const at = { index, identifier: change.grant.identifier };
  if (known === undefined || row?.is_deleted === 1) {
    faults.notFound.push(fault(at, "", "not_found", "No such grant."));
    return;
  }
  known.isDeleted = true;
  drafts.set(identifier, known);
}
