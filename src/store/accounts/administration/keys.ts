/** API keys. Only digests of their secrets are stored. */
import { asc, eq, gt } from "drizzle-orm";
import type { Principal } from "../../../identity/principal.ts";
import type { InstantMicros } from "../../../model/time.ts";
import { endSessions } from "../sessions.ts";
import { built, db } from "../../sql/builder.ts";
import { columnsOf } from "../../sql/columns.ts";
import { raw } from "../../sql/template.ts";
import { apiKeys } from "../../tables/core.ts";
import { writeAsAdmin, readAsAdmin, notFound, type AdminContext, type Page } from "./as-admin.ts";
import { additionOf, forgetSubject, type Policy } from "./policies.ts";

/** An API key as admins see it. */
export interface ApiKey {
  /** UUID: the key itself. */
  readonly id: string;
  readonly description: string | null;
  readonly createdAt: InstantMicros;
  readonly createdBy: string;
}

/** A key to add, with its policies. */
export interface NewApiKey {
  readonly id: string;
  readonly secretDigest: string;
  readonly description: string | null;
  readonly policies: readonly Policy[];
}

const PUBLIC_COLUMNS = columnsOf(apiKeys, "id", "description", "created_at", "created_by");

/** A page of all keys. */
export async function listKeys(
  context: AdminContext,
  principal: Principal,
  { after = "", limit }: Page,
): Promise<readonly ApiKey[]> {
  const page = db
    .select(PUBLIC_COLUMNS)
    .from(apiKeys)
    .where(gt(apiKeys.id, after))
    .orderBy(asc(apiKeys.id));
  const { rows } = await readAsAdmin(context, principal, built(page.limit(limit)));
  return rows.map((row) => ({
    id: row.id,
    description: row.description,
    createdAt: row.created_at,
    createdBy: row.created_by,
  }));
}

/** Adds a key with its policies, all in one batch. */
export async function createKey(
  context: AdminContext,
  principal: Principal,
  key: NewApiKey,
): Promise<void> {
  const { caller } = await readAsAdmin(context, principal, raw("SELECT 1"));
  const now = context.now();
  const row = {
    id: key.id,
    secret_digest: key.secretDigest,
    description: key.description,
    created_at: now,
    created_by: caller.id,
  };
  const policies = key.policies.flatMap((policy) => additionOf(policy, caller, now));
  const insertion = built(db.insert(apiKeys).values(row));
  await writeAsAdmin(context, caller, "create key", [insertion, ...policies]);
}

/** Removes a key, its sessions and the policies that have no other subject. @throws AppError `not_found`. */
export async function removeKey(
  context: AdminContext,
  principal: Principal,
  id: string,
): Promise<void> {
  const { caller } = await readAsAdmin(context, principal, raw("SELECT 1"));
  const removed = await writeAsAdmin(context, caller, "delete key", [
    built(db.delete(apiKeys).where(eq(apiKeys.id, id)).returning(columnsOf(apiKeys, "id"))),
    endSessions(`apk:${id}`),
    ...forgetSubject(`apk:${id}`),
  ]);
  if (removed.length === 0) throw notFound("API key");
}
