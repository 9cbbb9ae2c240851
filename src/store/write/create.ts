import type { CreateChange } from "../../model/transaction.ts";
import type { PayloadType } from "../../schema/type.ts";
import { GOVERNING_TYPES } from "../../schema/internal.ts";
import { quoted } from "../../model/nearest.ts";
import { builtinNames, unknownType } from "../../schema/suggest.ts";
import { fault } from "./draft.ts";
import { payloadFaults } from "./payload-faults.ts";
import { permit } from "./permit.ts";
import type { Planning } from "./plan.ts";
import { isReserved } from "./reserved.ts";

const findType = (
  planning: Planning,
  change: CreateChange,
  index: number,
): PayloadType | undefined => {
  // Without a name there is nothing to look up, and that fault is already noted.
  if (change.payloadType === "") return undefined;
  const type = planning.registry.types.get(change.payloadType);
  if (type !== undefined && !isReserved(planning, { payload_type: change.payloadType }))
    return type;
  const at = { index, identifier: change.identifier };
  // Only built-in names: who writes need not be allowed to read which others there are.
  const detail = unknownType(change.payloadType, builtinNames(planning.registry));
  planning.faults.bad.push(fault(at, "payload_type", "unknown_payload_type", detail));
  return undefined;
};

/** Of a resource that is made from nothing restricted. */
const DEFAULT_LEVEL = "internal";

const checkIdentifier = (planning: Planning, change: CreateChange, index: number): boolean => {
  const { drafts, faults, loaded } = planning;
  if (change.identifier === "") return false;
  const at = { index, identifier: change.identifier };
  const existing = loaded.rows.get(change.identifier);
  // Of what the caller may not see nothing is told but that the name is taken.
  if (existing?.is_deleted === 1 && existing.is_visible === 1) {
    const detail = `The identifier ${quoted(change.identifier)} is a tombstone: restore it by update.`;
    faults.bad.push(fault(at, "identifier", "tombstoned", detail));
    return false;
  }
  if (existing === undefined && !drafts.has(change.identifier)) return true;
  faults.bad.push(
    fault(
      at,
      "identifier",
      "already_exists",
      `The identifier ${quoted(change.identifier)} is already in use: update it, or choose another.`,
    ),
  );
  return false;
};

/**
 * Plans a new resource: its identifier must never have been used, its payload fit its type. A bad
 * one is planned all the same, so that what refers to it is not called bad as well.
 */
export function planCreate(planning: Planning, change: CreateChange, index: number): void {
  const { drafts, faults } = planning;
  const { identifier, payloadType } = change;
  permit(planning, "create", { index, identifier, payloadType });
  const isNew = checkIdentifier(planning, change, index);
  const type = findType(planning, change, index);
  const result = type?.validate(change.payload, { defaults: change.complete !== true });
  if (type !== undefined && result?.ok === false) {
    const at = { index, identifier: change.identifier };
    faults.bad.push(...payloadFaults(planning, type, at, result.errors));
  }
  if (!isNew) return;
  drafts.set(change.identifier, {
    identifier: change.identifier,
    payloadType: change.payloadType,
    index,
    before: null,
    schemaVersion: type?.version ?? "",
    parentIdentifier: change.parentIdentifier,
    derivedFrom: change.derivedFrom,
    keptSources: 0,
    license: change.license,
    accessLevel: GOVERNING_TYPES.has(payloadType)
      ? "restricted"
      : (change.accessLevel ?? DEFAULT_LEVEL),
    hasDefaultLevel: change.accessLevel === null,
    ...(change.owner === undefined ? {} : { owner: change.owner }),
    isDeleted: false,
    payload: result?.ok === true ? result.payload : {},
    changed: new Set(),
    namesSources: true,
  });
}
