/** Grants: wire to model, and model to wire. */
import type { JsonObject } from "../../../model/json.ts";
import type { Grant } from "../../../model/transaction.ts";
import { refuseLarge } from "./parse.ts";

type WireGrant = {
  readonly identifier: string;
  readonly grantee_type: Grant["granteeType"];
  readonly grantee_id: string;
};

/** The grants of a body. @throws AppError `too_large`. */
export function parseGrants(grants: readonly WireGrant[]): readonly Grant[] {
  refuseLarge(grants.length, "grants");
  return grants.map(({ identifier, grantee_type: granteeType, grantee_id: granteeId }) => ({
    identifier,
    granteeType,
    granteeId,
  }));
}

/** A grant as it is answered. */
export function renderGrant({ identifier, granteeType, granteeId }: Grant): JsonObject {
  return { identifier, grantee_type: granteeType, grantee_id: granteeId };
}
