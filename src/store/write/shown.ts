/** Answers that were kept are given to who could get them now alone, and recorded as any other read. */
import { authorizeOn } from "../../identity/policy.ts";
import type { Principal } from "../../identity/principal.ts";
import { AppError } from "../../model/error.ts";
import type { Shown } from "../../model/transaction.ts";
import type { Registry } from "../../schema/type.ts";
import { recordEvent, type Trail } from "../audit.ts";
import { jsonChunks } from "../chunks.ts";
import { requireReading } from "../closed.ts";
import type { Session } from "../database.ts";
import { askWithMeta } from "../meta.ts";
import { sql, type Sql } from "../sql.ts";
import { isRestricted, maySee, resourceRow, sightOf } from "../visible.ts";

const ROW = resourceRow("r");

const shownStatement = (principal: Principal, text: string): Sql => sql`
  SELECT count(*) FILTER (WHERE NOT ${maySee(sightOf(principal), ROW)}) AS hidden,
    count(*) FILTER (WHERE ${isRestricted(ROW)}) AS restricted
  FROM json_each(${text}) j CROSS JOIN resources r ON r.identifier = j.value`;

/** On whose behalf, and how it is recorded. */
export interface Confirming {
  readonly session: Session;
  readonly trail: Trail;
}

/**
 * Passes when a principal could get an answer now: it may still do what was done, and sees every
 * resource that was read for it, by the access lists of the registry. What is restricted among them is
 * recorded.
 *
 * @throws AppError `forbidden`, and what `askWithMeta` throws.
 */
export const confirmShown = async (
  { session, trail }: Confirming,
  principal: Principal,
  { actions, payloadType, identifiers, also = [], whole = false }: Shown,
  registry: Registry,
): Promise<void> => {
  const { results, principal: caller } = await askWithMeta(session, principal, (current) => {
    for (const action of actions) authorizeOn(current, action, { payloadType, isOwn: true });
    for (const right of also) {
      authorizeOn(current, right.action, { payloadType: right.payloadType, isOwn: true });
    }
    if (whole) requireReading(registry, current, payloadType);
    return jsonChunks(identifiers).map(({ text }) => shownStatement(current, text));
  });
  const total = (name: string): number =>
    results.reduce((sum, rows) => sum + Number(rows[0]?.[name] ?? 0), 0);
  if (total("hidden") > 0) {
    throw new AppError("forbidden", "What was answered then may not be shown to you any more.");
  }
  const resources = total("restricted");
  if (resources === 0) return;
  const event = { surface: "store", operation: "read", resources };
  await session.conclude([recordEvent(caller.id, trail, event)]);
};
