/** Grants on files. */
import { formatInstant, type InstantMicros } from "../../../model/time.ts";
import type { Grant } from "../../../model/transaction.ts";
import { grantIdentifier } from "../../../store/index.ts";
import { decide, type HarvestContext } from "./context.ts";
import { payloadIn, requireOne, type Listing } from "./list.ts";
import { giveAccess, takeAccess } from "./admin-resources/links.ts";

/** The list of the grants on a file. @throws AppError `not_found`, `forbidden`. */
export async function grantsOnFile(context: HarvestContext, file: string): Promise<Listing> {
  await requireOne(context, "file", file, "File");
  return {
    payloadType: "grant",
    where: { resource_identifier: file },
    admin: true,
    render: (row) => {
      const { grantee_type = null, grantee_id = null } = payloadIn(row);
      const granted_at = formatInstant(row.updated_at);
      return { id: row.identifier, file_id: file, grantee_type, grantee_id, granted_at };
    },
  };
}

/** Grants access to a file, and returns since when: an existing grant is kept. */
export async function grantFile(
  context: HarvestContext,
  grant: Grant,
): Promise<{ readonly id: string; readonly grantedAt: InstantMicros }> {
  const { answer, recordedAt } = await decide(context, "grant", giveAccess(grant));
  const before = JSON.parse(answer ?? "null") as number | null;
  return { id: grantIdentifier(grant), grantedAt: recordedAt ?? before ?? 0 };
}

/** Ends a grant. @throws AppError `not_found`. */
export async function revokeFile(
  context: HarvestContext,
  file: string,
  grant: string,
): Promise<void> {
  await decide(context, "revoke", takeAccess(file, grant));
}
