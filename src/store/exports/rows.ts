/** Who may have the file of an export: whoever sees every row of it, by the types and rights of now. */
import type { AnonymousAccess } from "../../identity/policy.ts";
import type { Principal } from "../../identity/principal.ts";
import { AppError } from "../../model/error.ts";
import type { AuditContext } from "../audit/audit.ts";
import { byRegistry, type Registries } from "../registry/by-registry.ts";
import { closedTypes } from "../visibility/entity-access.ts";
import type { Session } from "../sql/session.ts";
import { readWithMeta } from "../read/meta.ts";
import { countHidden, visibilityOf, type HiddenRow } from "../visibility/visible.ts";

/** What a read of an export needs from its surroundings. */
export interface ExportReading {
  readonly session: Session;
  readonly auditContext: () => AuditContext;
  readonly anonymousAccess: AnonymousAccess;
  readonly registries: Registries;
}

/** A complete export: where its rows are listed, and how many there are. */
export interface CompleteExport {
  readonly id: string;
  readonly attempt: number;
  readonly rowCount: number;
}

/** The identifiers of an export's rows, part by part, each a JSON array; null for a part that is gone. */
export type ListRows = (complete: CompleteExport) => AsyncIterable<string | null>;

/** What a caller is shown of some resources, by the types and rights of now. */
const lookAt = async (
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
 * Passes when a caller still sees every resource that a file shows, as admins do. Answers how many of
 * them are restricted now; null where nobody knows any more which they are.
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
    const seen = text === null ? null : await lookAt(reading, caller, text);
    if (seen === null && caller.role === "admin") return null;
    if (seen === null || seen.hidden > 0) {
      throw new AppError(
        "forbidden",
        "What the file shows may not be shown to you any more; order another.",
      );
    }
    restricted += seen.restricted;
  }
  return restricted;
}
