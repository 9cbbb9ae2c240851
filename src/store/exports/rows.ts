/** Access to the file of an export: for callers that may now read every row of it. */
import type { AnonymousAccess } from "../../identity/policy.ts";
import type { Principal } from "../../identity/principal.ts";
import { AppError } from "../../model/error.ts";
import type { AuditContext } from "../audit/audit.ts";
import { byRegistry, type Registries } from "../registry/by-registry.ts";
import { closedTypes } from "../visibility/entity-access.ts";
import type { Session } from "../sql/session.ts";
import { readWithMeta } from "../read/meta.ts";
import { countHidden, visibilityOf, type HiddenRow } from "../visibility/visible.ts";

/** What a read of an export needs. */
export interface ExportReading {
  readonly session: Session;
  readonly auditContext: () => AuditContext;
  readonly anonymousAccess: AnonymousAccess;
  readonly registries: Registries;
}

/** A complete export, whose rows are listed under its id and attempt. */
export interface CompleteExport {
  readonly id: string;
  readonly attempt: number;
  readonly rowCount: number;
}

/** The identifiers of an export's rows in parts, each a JSON array; null for a part that was deleted. */
export type ListRows = (complete: CompleteExport) => AsyncIterable<string | null>;

/** How many of some resources are now hidden from a caller, and how many are restricted. */
const readHidden = async (
  { session, registries }: ExportReading,
  principal: Principal,
  text: string,
): Promise<HiddenRow | null> => {
  const { results } = await byRegistry(registries, {
    run: (types) =>
      readWithMeta(session, principal, (caller) => [
        countHidden(visibilityOf(caller, closedTypes(types, caller)), text),
      ]),
    versionOf: ({ meta }) => meta.registryVersion,
  });
  return results[0][0] ?? null;
};

/**
 * Checks that a caller may still read every resource in a file; admins may. Returns how many of them
 * are restricted now; null when the list of them was deleted.
 *
 * @throws AppError `forbidden`.
 */
export async function confirmRows(
  reading: ExportReading,
  caller: Principal,
  complete: CompleteExport,
  listRows: ListRows,
): Promise<number | null> {
  let restricted = 0;
  for await (const text of listRows(complete)) {
    const counts = text === null ? null : await readHidden(reading, caller, text);
    if (counts === null && caller.role === "admin") return null;
    if (counts === null || counts.hidden > 0) {
      throw new AppError(
        "forbidden",
        "The file has rows that you may no longer read. Order another export.",
      );
    }
    restricted += counts.restricted;
  }
  return restricted;
}
