/** API keys. Their secrets are not kept, only digests of them. */
import { asc, eq, gt } from "drizzle-orm";
import type { Principal } from "../../../identity/principal.ts";
import type { InstantMicros } from "../../../model/time.ts";
import { endSessions } from "../sessions.ts";
import { built, db } from "../../sql/builder.ts";
import { columnsOf } from "../../sql/columns.ts";
import { raw } from "../../sql/template.ts";
import { apiKeys } from "../../tables/core.ts";
import { act, ask, notFound, type Administering, type Page } from "./act.ts";
import { additionOf, forgetSubject, type Policy } from "./policies.ts";

/** An API key as admins see it. */
export interface ApiKey {
  /** UUID: the key itself. */
  readonly id: string;
  readonly description: string | null;
  readonly createdAt: InstantMicros;
  readonly createdBy: string;
}

/** A key to add, with what it may do. */
export interface NewApiKey {
  readonly id: string;
  readonly secretDigest: string;
  readonly description: string | null;
  readonly policies: readonly Policy[];
}

const SHOWN = columnsOf(apiKeys, "id", "description", "created_at", "created_by");

/** A page of all keys. */
export async function listKeys(
  administering: Administering,
  principal: Principal,
  { after = "", limit }: Page,
): Promise<readonly ApiKey[]> {
  const page = db.select(SHOWN).from(apiKeys).where(gt(apiKeys.id, after)).orderBy(asc(apiKeys.id));
  const { rows } = await ask(administering, principal, built(page.limit(limit)));
  return rows.map((row) => ({
    id: row.id,
    description: row.description,
    createdAt: row.created_at,
    createdBy: row.created_by,
  }));
}

/** Adds a key with its policies, all in one batch. */
export async function createKey(
  administering: Administering,
  principal: Principal,
  key: NewApiKey,
): Promise<void> {
  const { caller } = await ask(administering, principal, raw("SELECT 1"));
  const now = administering.now();
  const row = {
    id: key.id,
    secret_digest: key.secretDigest,
    description: key.description,
    created_at: now,
    created_by: caller.id,
  };
  const policies = key.policies.flatMap((policy) => additionOf(policy, caller, now));
  const insertion = built(db.insert(apiKeys).values(row));
  await act(administering, caller, "create key", [insertion, ...policies]);
}

/** Ends a key, its sessions and the policies that are for it alone. @throws AppError `not_found`. */
export async function removeKey(
  administering: Administering,
  principal: Principal,
  id: string,
): Promise<void> {
  const { caller } = await ask(administering, principal, raw("SELECT 1"));
  const removed = await act(administering, caller, "delete key", [
    built(db.delete(apiKeys).where(eq(apiKeys.id, id)).returning(columnsOf(apiKeys, "id"))),
    endSessions(`apk:${id}`),
    ...forgetSubject(`apk:${id}`),
  ]);
  if (removed.length === 0) throw notFound("API key");
}
