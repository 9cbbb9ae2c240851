/**
 * How responses are sent: writes with their headers, and reads through the cache of immutable
 * responses.
 */
import type { Context } from "hono";
import { canonicalJson, type Json, type JsonObject } from "../model/json.ts";
import type { Principal } from "../identity/principal.ts";
import type { Receipt } from "../model/transaction.ts";
import { lastConfirmed } from "../store/index.ts";
import type { AppEnv } from "./env.ts";
import { wholeJson } from "./headers.ts";
import { textStream } from "./stream.ts";

/** A JSON response from text. */
export function jsonText(c: Context<AppEnv>, text: string): Response {
  c.header("content-type", "application/json");
  return c.body(text);
}

/** The response of a write. `x-transaction` names the transaction when one was recorded. */
export function answerOf(c: Context<AppEnv>, receipt: Receipt, body: JsonObject): Response {
  if (receipt.replayed) c.header("idempotency-replayed", "true");
  if (receipt.transaction !== null) c.header("x-transaction", String(receipt.transaction));
  return jsonText(c, JSON.stringify(body));
}

/** The cache key of a response about a past state; null for reads of the present. */
export function pastKey(
  route: string,
  asOf: string | null | undefined,
  request: unknown,
): string | null {
  return asOf === null || asOf === undefined ? null : `${route} ${canonicalJson(request as Json)}`;
}

/**
 * The result of a read: text, or the pieces of a response that is too large to be built at once.
 */
export type Made =
  | { readonly text: string; readonly immutable: boolean }
  | { readonly pieces: AsyncIterable<string> };

/** A JSON response that is written while it is read. */
export function jsonStream(c: Context<AppEnv>, pieces: AsyncIterable<string>): Response {
  c.header("content-type", "application/json");
  return c.body(textStream(pieces));
}

/** Responds to a read, from the cache when the same read of a past state was answered before. */
export async function answerJson(
  c: Context<AppEnv>,
  key: string | null,
  make: () => Promise<Made>,
): Promise<Response> {
  const { past } = c.get("services");
  const [store, principal] = [c.get("store"), c.get("principal")];
  // Visibility depends on the access lists of entities, which are part of the registry.
  const known = (caller: Principal): string | undefined =>
    key === null ? undefined : past.get(caller, `${store.registry().version} ${key}`);
  if (known(principal) !== undefined) {
    const text = known(await store.authState(principal));
    if (text !== undefined) return wholeJson(c, text);
  }
  const made = await make();
  if ("pieces" in made) return jsonStream(c, made.pieces);
  const { text, immutable } = made;
  if (key !== null && immutable) {
    // A token may grant more or less than its bearer has now: the response depends on what the
    // bearer has now.
    past.put(lastConfirmed(principal), `${store.registry().version} ${key}`, text);
  }
  return wholeJson(c, text);
}
