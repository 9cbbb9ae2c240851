/** Answers that were kept are given to who could get them now alone, and recorded as any other read. */
import { authorizeOn } from "../../identity/policy.ts";
import type { Principal } from "../../identity/principal.ts";
import { AppError } from "../../model/error.ts";
import type { Change, Disclosed } from "../../model/transaction.ts";
import type { Registry } from "../../schema/type.ts";
import { recordEvent, type AuditContext } from "../audit/audit.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { requireReading } from "../visibility/entity-access.ts";
import type { Session } from "../sql/session.ts";
import { readWithMeta } from "../read/meta.ts";
import { countHidden, visibilityOf, type HiddenRow } from "../visibility/visible.ts";
import { givesAccess } from "./grant.ts";
import type { Loaded } from "./load.ts";

/** On whose behalf, and how it is recorded. */
export interface Confirming {
  readonly session: Session;
  readonly auditContext: AuditContext;
}

const withheld = (): AppError =>
  new AppError("forbidden", "What was answered then may not be shown to you any more.");

/** The stored resource that a change is about; null for one that makes something new. */
const aboutOf = (change: Change): string | null => {
  switch (change.kind) {
    case "create":
    case "register":
      return null;
    case "grant":
    case "revoke":
      return change.grant.identifier;
    case "update":
    case "delete":
      return change.identifier;
  }
};

/**
 * Passes when the caller of a list of changes still sees what they are about, and still gives access
 * where they do: else the kept answer would tell that something is there, and was changed.
 *
 * @throws AppError `forbidden`.
 */
const confirmChanged = (
  { rows, principal }: Pick<Loaded, "rows" | "principal">,
  changes: readonly Change[],
): void => {
  for (const change of changes) {
    const about = aboutOf(change);
    if (about === null) continue;
    const row = rows.get(about);
    const isGiving = change.kind === "grant" || change.kind === "revoke";
    if (row?.is_visible !== 1 || (isGiving && !givesAccess(principal, row))) throw withheld();
  }
};

/**
 * Passes when a principal could get an answer now: it may still do what was done, and sees every
 * resource that was read for it, by the access lists of the registry. What is restricted among them is
 * recorded.
 *
 * @throws AppError `forbidden`, and what `readWithMeta` throws.
 */
export async function confirmDisclosed(
  { session, auditContext }: Confirming,
  principal: Principal,
  { actions, payloadType, identifiers, also = [], whole = false }: Disclosed,
  registry: Registry,
): Promise<void> {
  const { results, principal: caller } = await readWithMeta(session, principal, (current) => {
    for (const action of actions) authorizeOn(current, action, { payloadType, isOwn: true });
    for (const right of also) {
      authorizeOn(current, right.action, { payloadType: right.payloadType, isOwn: true });
    }
    if (whole) requireReading(registry, current, payloadType);
    return jsonChunks(identifiers).map(({ text }) => countHidden(visibilityOf(current), text));
  });
  const total = (name: keyof HiddenRow): number =>
    results.reduce((sum, rows) => sum + (rows[0]?.[name] ?? 0), 0);
  if (total("hidden") > 0) throw withheld();
  const resources = total("restricted");
  if (resources === 0) return;
  const event = { surface: "store", operation: "read", resources };
  await session.conclude([recordEvent(caller.id, auditContext, event)]);
}

/**
 * Passes when the caller could get an answer now that was kept under its Idempotency-Key.
 *
 * @param changes the list that the write was, which its answer tells of; none for a decision.
 * @param shown what the answer shows; absent where it shows nobody anything.
 * @throws AppError `forbidden`, and what `readWithMeta` throws.
 */
export async function confirmKept(
  confirming: Confirming,
  loaded: Loaded,
  changes: readonly Change[],
  shown: Disclosed | undefined,
  registry: Registry,
): Promise<void> {
  confirmChanged(loaded, changes);
  if (shown !== undefined) await confirmDisclosed(confirming, loaded.caller, shown, registry);
}
