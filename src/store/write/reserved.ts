import type { JsonObject } from "../../model/json.ts";
import type { UpdateChange } from "../../model/transaction.ts";
import { INTERNAL_TYPES } from "../../schema/internal.ts";
import { UNSCHEDULED } from "../sources/stop.ts";
import type { Planning } from "./plan.ts";

/** True when only the system itself may write resources of this type. */
export function isReserved(
  { loaded }: Planning,
  { payload_type: payloadType }: { readonly payload_type: string },
): boolean {
  return INTERNAL_TYPES.has(payloadType) && loaded.principal.kind !== "system";
}

/**
 * True when nobody but the system itself may delete resources of this type. Admins delete the datasets
 * of sources, whoever owns them, with all that lies below.
 */
export function isKept(planning: Planning, row: { readonly payload_type: string }): boolean {
  return (
    isReserved(planning, row) &&
    !(planning.loaded.principal.role === "admin" && row.payload_type === "source_spec")
  );
}

/** What goes with a dataset of a source, and comes back with it. */
const BELOW_DATASETS: ReadonlySet<string> = new Set(["source_revision", "pipeline"]);

/** What administrators set of a dataset of a source: whether it is certified, and no schedule. */
const isAdministered = (payload: JsonObject): boolean =>
  Object.entries(payload).every(([name, value]) =>
    name === "certified" ? typeof value === "boolean" : name === "schedule" && value === null,
  );

/** What a patch of a dataset by an admin comes to: without a schedule it is due no more. */
export function administeredPatch(payloadType: string, patch: JsonObject): JsonObject {
  return payloadType === "source_spec" && patch["schedule"] === null
    ? { ...patch, ...UNSCHEDULED }
    : patch;
}

/**
 * True for what administrators change of a system's own resource: they certify a dataset of a source,
 * end its schedule, and restore what they have deleted.
 */
export function isAdministering(
  { loaded }: Planning,
  { payload_type: payloadType }: { readonly payload_type: string },
  {
    kind: _kind,
    identifier: _identifier,
    payload = {},
    isDeleted,
    expectedVersion: _expected,
    ...metadata
  }: UpdateChange,
): boolean {
  return (
    loaded.principal.role === "admin" &&
    (payloadType === "source_spec"
      ? (Object.keys(payload).length > 0 || isDeleted !== undefined) && isAdministered(payload)
      : BELOW_DATASETS.has(payloadType) &&
        Object.keys(payload).length === 0 &&
        isDeleted === false) &&
    Object.values(metadata).every((value) => value === undefined || value === payloadType)
  );
}
