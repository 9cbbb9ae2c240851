import { uuidOf } from "../../identity/uuid.ts";
import type { Grant } from "../../model/transaction.ts";

/**
 * The identifier of a grant's own resource: the same grant, given twice or given again, is the same
 * resource.
 */
export function grantIdentifier({ identifier, granteeType, granteeId }: Grant): string {
  return uuidOf("grant", identifier, granteeType, granteeId);
}
