import type { DeleteChange } from "../../model/transaction.ts";
import { draftOf, fault } from "./draft.ts";
import type { LoadedRow } from "./row.ts";
import { permit } from "./permit.ts";
import type { Planning } from "./plan.ts";
import { isReserved } from "./reserved.ts";

const bury = (planning: Planning, row: LoadedRow, index: number): void => {
  const { identifier, payload_type: payloadType, owner } = row;
  if (!permit(planning, "delete", { index, identifier, payloadType, owner })) return;
  const draft = planning.drafts.get(row.identifier) ?? draftOf(row, index);
  draft.isDeleted = true;
  planning.drafts.set(row.identifier, draft);
};

/** Plans a tombstone, and those of the live subtree when cascading. */
export const planDelete = (planning: Planning, change: DeleteChange, index: number): void => {
  const { faults, loaded } = planning;
  const row = loaded.rows.get(change.identifier);
  if (
    row === undefined ||
    row.is_visible === 0 ||
    row.is_deleted === 1 ||
    isReserved(planning, row)
  ) {
    const at = { index, identifier: change.identifier };
    faults.notFound.push(fault(at, "", "not_found", "No such live resource."));
    return;
  }
  bury(planning, row, index);
  if (!change.cascade) return;
  for (const below of loaded.descendants.get(change.identifier) ?? []) {
    bury(planning, below, -1);
    planning.cascaded.add(below.identifier);
  }
};
