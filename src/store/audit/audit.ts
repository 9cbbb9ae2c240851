/**
 * The audit of what is no write of resources: reads of restricted ones, changes of accounts. Writes
 * of resources are recorded by their transactions.
 */
import type { Principal } from "../../identity/principal.ts";
import { NEXT_INSTANT } from "../sql/clock.ts";
import type { ReadContext } from "../read/read-context.ts";
import type { Row } from "../read/row.ts";
import { insertInto } from "../sql/columns.ts";
import { sql, type Sql } from "../sql/template.ts";
import { audit } from "../tables/core.ts";

/** What a request is called in the audit. */
export interface AuditContext {
  readonly requestId: string;
  /** The method and the pattern of the route. */
  readonly route: string;
  /** Why its caller writes, where it does. */
  readonly reason?: string;
}

/** What happened. */
export interface AuditEvent {
  readonly surface: string;
  readonly operation: string;
  /** How many resources or accounts it was about. */
  readonly resources: number;
  /** The resources, where they are told one by one. */
  readonly identifiers?: readonly string[];
  /** Why its caller did it. */
  readonly reason?: string | undefined;
}

const EVENTS = insertInto(
  audit,
  "recorded_at",
  "principal",
  "surface",
  "operation",
  "route",
  "request_id",
  "resources",
  "identifiers",
  "reason",
);

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

const CHANGES = insertInto(
  audit,
  "recorded_at",
  "principal",
  "surface",
  "operation",
  "route",
  "request_id",
  "resources",
  "reason",
);

/** The same, if the statement before it in the batch has changed anything. */
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
 * Records that rows were shown, if any of them is restricted: before they leave, so that nothing is
 * shown of which there is no record. Reads that show nothing restricted cost nothing.
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
 * Records that restricted resources, or their objects, are given out beside answers: before they are, so
 * that no contents leave of which there is no record. Without any it costs nothing.
 *
 * @param operation how they leave, as the audit calls it.
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
