import type { UpdateChange } from "../../model/transaction.ts";
import { INTERNAL_TYPES } from "../../schema/internal.ts";
import type { Planning } from "./plan.ts";

/** True when only the system itself may write resources of this type. */
export const isReserved = (
  { loaded }: Planning,
  { payload_type: payloadType }: { readonly payload_type: string },
): boolean => INTERNAL_TYPES.has(payloadType) && loaded.principal.kind !== "system";

/**
 * True for the one member of a system's own resource that administrators set: whether a dataset of a
 * source is certified.
 */
export const isCertifying = (
  { loaded }: Planning,
  { payload_type: payloadType }: { readonly payload_type: string },
  { kind: _kind, identifier: _identifier, payload = {}, ...metadata }: UpdateChange,
): boolean =>
  loaded.principal.role === "admin" &&
  payloadType === "source_spec" &&
  Object.keys(payload).join() === "certified" &&
  typeof payload["certified"] === "boolean" &&
  Object.values(metadata).every((value) => value === undefined || value === payloadType);
