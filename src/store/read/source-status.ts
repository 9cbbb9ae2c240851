/** The status of a revision: what the sources surface shows, to whom it may be shown. */
import { mayOn } from "../../identity/policy.ts";
import type { Principal } from "../../identity/principal.ts";
import { readPresent } from "./meta.ts";
import type { ReadContext } from "./read-context.ts";
import { recordDisclosed } from "../audit/audit.ts";
import { sql, type Sql, type Statement } from "../sql/template.ts";
import {
  currentIn,
  isRestricted,
  resourceRow,
  type Visibility,
  type View,
} from "../visibility/visible.ts";

/** Which revision of a dataset is meant. */
export type RevisionWanted = "latest" | "successful" | number;

/** What is asked for. */
export interface StatusWanted {
  readonly datasetId: string;
  readonly revision: RevisionWanted;
  /** True: private ones are shown to everybody. */
  readonly isOpen: boolean;
}

/** A dataset and one of its revisions, as payloads. */
export interface SourceStatus {
  readonly id: string;
  readonly dataset: string;
  readonly revision: string;
}

/** Nobody: who sees what is not restricted, and no more. */
const NOBODY = "anonymous";

/**
 * A status needs no token: whoever asks sees what is not restricted. An owner and whom it was granted
 * to see more, and admins all.
 */
const visibilityOn = (caller: Principal, isOpen: boolean): Visibility => {
  if (isOpen || caller.role === "admin") return { kind: "everything" };
  const target = { payloadType: "source_revision", isOwn: false };
  const isKnown = caller.kind !== "anonymous" && mayOn(caller, "read", target);
  return { kind: "reader", principal: isKnown ? caller.id : NOBODY };
};

const numberOf = (wanted: RevisionWanted): Sql =>
  typeof wanted === "number" ? sql`${String(wanted)}` : sql`(d.payload ->> ${wanted})`;

interface StatusRow extends SourceStatus {
  readonly is_restricted: number;
}

const statement = (
  view: View,
  datasetId: string,
  wanted: RevisionWanted,
): Statement<StatusRow> => sql`
  SELECT v.identifier AS id, d.payload AS dataset, v.payload AS revision,
    ${isRestricted(resourceRow("v"))} AS is_restricted
  FROM resources d CROSS JOIN resources v ON v.identifier = d.identifier || '/' || ${numberOf(wanted)}
  WHERE d.identifier = ${datasetId} AND d.payload_type = 'source_spec'
    AND ${currentIn(view, "d")} AND v.payload_type = 'source_revision' AND ${currentIn(view, "v")}`;

/**
 * A revision as it is now; undefined when there is none, or it is not for the caller.
 *
 * @throws AppError `unauthenticated` when the caller's token was revoked.
 */
export async function readSourceStatus(
  readContext: ReadContext,
  principal: Principal,
  { datasetId, revision, isOpen }: StatusWanted,
): Promise<SourceStatus | undefined> {
  const { results } = await readPresent(readContext, principal, (caller) => [
    statement({ visibility: visibilityOn(caller, isOpen), snapshot: null }, datasetId, revision),
  ]);
  const [[row]] = results;
  if (row === undefined) return undefined;
  const reader: Principal = { kind: "user", id: principal.id, role: null };
  await recordDisclosed(readContext, reader, [row]);
  return row;
}
