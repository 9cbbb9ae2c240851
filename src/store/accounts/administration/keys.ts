/** API keys. Their secrets are not kept, only digests of them. */
import type { Principal } from "../../../identity/principal.ts";
import type { InstantMicros } from "../../../model/time.ts";
import { endSessions } from "../sessions.ts";
import { raw, sql, type Sql } from "../../sql/template.ts";
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

/** A page of all keys. */
export const listKeys = async (
  administering: Administering,
  principal: Principal,
  { after = "", limit }: Page,
): Promise<readonly ApiKey[]> => {
  const { rows } = await ask(
    administering,
    principal,
    sql`SELECT id, description, created_at, created_by FROM api_keys WHERE id > ${after}
      ORDER BY id LIMIT CAST(${limit} AS INTEGER)`,
  );
  return rows.map((row) => ({
    id: row["id"] as string,
    description: row["description"] as string | null,
    createdAt: row["created_at"] as number,
    createdBy: row["created_by"] as string,
  }));
};

/** Adds a key with its policies, all in one batch. */
export const createKey = async (
  administering: Administering,
  principal: Principal,
  key: NewApiKey,
): Promise<void> => {
  const { caller } = await ask(administering, principal, raw("SELECT 1"));
  const now = administering.now();
  const first: Sql = sql`INSERT INTO api_keys (id, secret_digest, description, created_at, created_by)
    VALUES (${key.id}, ${key.secretDigest}, ${key.description}, ${now}, ${caller.id})`;
  const policies = key.policies.flatMap((policy) => additionOf(policy, caller, now));
  await act(administering, caller, "create key", [first, ...policies]);
};

/** Ends a key, its sessions and the policies that are for it alone. @throws AppError `not_found`. */
export const removeKey = async (
  administering: Administering,
  principal: Principal,
  id: string,
): Promise<void> => {
  const { caller } = await ask(administering, principal, raw("SELECT 1"));
  const removed = await act(administering, caller, "delete key", [
    sql`DELETE FROM api_keys WHERE id = ${id} RETURNING id`,
    endSessions(`apk:${id}`),
    ...forgetSubject(`apk:${id}`),
  ]);
  if (removed.length === 0) throw notFound("API key");
};
