import { createHash } from "node:crypto";
import type { Grant } from "../../model/transaction.ts";

/**
 * The identifier of a grant's own resource: the same grant, given twice or given again, is the same
 * resource.
 */
export const grantIdentifier = ({ identifier, granteeType, granteeId }: Grant): string => {
  const text = JSON.stringify([identifier, granteeType, granteeId]);
  return `grant:${createHash("sha256").update(text).digest("hex")}`;
};
