/**
 * Audit records of everything except writes of resources: reads of restricted resources and changes
 * of accounts. Writes of resources are recorded in their transactions.
 */
import type { Principal } from "../../identity/principal.ts";
import { NEXT_INSTANT } from "../sql/clock.ts";
import type { ReadContext } from "../read/read-context.ts";
import type { Row } from "../read/row.ts";
import { insertInto } from "../sql/columns.ts";
import { sql, type Sql } from "../sql/template.ts";
import { audit } from "../tables/core.ts";

/** How the audit identifies a request. */
export interface AuditContext {
  readonly requestId: string;
  /** The method and the pattern of the route. */
  readonly route: string;
  /** The reason that the caller gives for a write. */
  readonly reason?: string;
}

/** One event of the audit. */
export interface AuditEvent {
  readonly surface: string;
  readonly operation: string;
  /** The number of resources or accounts concerned. */
  readonly resources: number;
  /** The identifiers of the resources, where each is recorded. */
  readonly identifiers?: readonly string[];
  /** Why its caller did it. */
  readonly reason?: string | undefined;
}

const COLUMNS = [
  "recorded_at",
  "principal",
  "surface",
  "operation",
  "route",
  "request_id",
  "resources",
] as const;

const EVENTS = insertInto(audit, ...COLUMNS, "identifiers", "reason");

/** The statement that records an event. */
export function recordEvent(
  principal: string,
  { requestId, route }: AuditContext,
  { surface, operation, resources, identifiers, reason }: AuditEvent,
): Sql {
  return sql`${EVENTS}
  VALUES (${NEXT_INSTANT}, ${principal}, ${surface}, ${operation}, ${route}, ${requestId}, ${resources},
    ${identifiers === undefined ? null : JSON.stringify(identifiers)}, ${reason ?? null})`;
}

const CHANGES = insertInto(audit, ...COLUMNS, "reason");

/** Like `recordEvent` for an account, but only if the preceding statement of the batch changed a row. */
export function recordChange(
  principal: string,
  auditContext: AuditContext,
  operation: string,
): Sql {
  return sql`${CHANGES}
  SELECT ${NEXT_INSTANT}, ${principal}, 'accounts', ${operation}, ${auditContext.route}, ${auditContext.requestId}, 1,
    ${auditContext.reason ?? null}
  WHERE changes() > 0`;
}

/**
 * Records the disclosure of restricted rows before the response is sent, so that no disclosure lacks a
 * record. Reads without restricted rows cost nothing.
 */
export async function recordDisclosed(
  { session, auditContext }: ReadContext,
  principal: Principal,
  rows: readonly Pick<Row, "is_restricted">[],
): Promise<void> {
  const resources = rows.reduce((count, row) => count + row.is_restricted, 0);
  if (resources === 0 || principal.kind === "system") return;
  const event = { surface: "store", operation: "read", resources };
  await session.conclude([recordEvent(principal.id, auditContext(), event)]);
}

/**
 * Records that restricted resources or their objects are disclosed other than in a response, for
 * example by a signed URL. It runs before they are disclosed. An empty list costs nothing.
 *
 * @param operation name of the disclosure in the audit.
 * @param identifiers the restricted resources.
 */
export async function noteOpened(
  { session, auditContext }: Pick<ReadContext, "session" | "auditContext">,
  principal: Principal,
  operation: string,
  identifiers: readonly string[],
): Promise<void> {
  if (identifiers.length === 0) return;
  const event = { surface: "store", operation, resources: identifiers.length, identifiers };
  await session.batch([recordEvent(principal.id, auditContext(), event)]);
}
