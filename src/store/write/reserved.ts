import { INTERNAL_TYPES } from "../../schema/internal.ts";
import type { Planning } from "./plan.ts";

/** True when only the system itself may write resources of this type. */
export const isReserved = (
  { loaded }: Planning,
  { payload_type: payloadType }: { readonly payload_type: string },
): boolean => INTERNAL_TYPES.has(payloadType) && loaded.principal.kind !== "system";
