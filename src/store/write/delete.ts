import type { DeleteChange } from "../../model/transaction.ts";
import { LIMITS } from "../../model/limits.ts";
import { draftOf, fault } from "./draft.ts";
import type { LoadedRow } from "./row.ts";
import { permit } from "./permit.ts";
import type { Planning } from "./plan.ts";
import { isKept } from "./reserved.ts";

const tombstone = (planning: Planning, row: LoadedRow, index: number): void => {
  const { identifier, payload_type: payloadType, owner } = row;
  if (!permit(planning, "delete", { index, identifier, payloadType, owner })) return;
  const draft = planning.drafts.get(row.identifier) ?? draftOf(row, index);
  draft.isDeleted = true;
  planning.drafts.set(row.identifier, draft);
};

/** Plans the tombstones of all that lies below; what was reached before is not gone through again. */
const tombstoneBelow = (planning: Planning, identifier: string): void => {
  const { loaded, cascaded } = planning;
  const queue = [identifier];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (cascaded.has(next)) continue;
    cascaded.add(next);
    for (const row of loaded.descendants.children.get(next) ?? []) {
      tombstone(planning, row, -1);
      queue.push(row.identifier);
    }
  }
};

/** Plans a tombstone, and those of the live subtree when cascading. */
export function planDelete(planning: Planning, change: DeleteChange, index: number): void {
  const { faults, loaded } = planning;
  const row = loaded.rows.get(change.identifier);
  if (row === undefined || row.is_visible === 0 || row.is_deleted === 1 || isKept(planning, row)) {
    const at = { index, identifier: change.identifier };
    faults.notFound.push(fault(at, "", "not_found", "No such live resource."));
    return;
  }
  tombstone(planning, row, index);
  if (!change.cascade) return;
  if (!loaded.descendants.isWhole) {
    const at = { index, identifier: change.identifier };
    const detail = `Expected at most ${LIMITS.cascadedRecordsMax} resources below what is deleted: delete what lies lower first, in parts.`;
    faults.bad.push(fault(at, "", "too_large", detail));
    return;
  }
  tombstoneBelow(planning, change.identifier);
}
