/** How answers leave: receipts with their headers, and reads through the memory of the past. */
import type { Context } from "hono";
import { canonicalJson, type Json, type JsonObject } from "../model/json.ts";
import type { Principal } from "../identity/principal.ts";
import type { Receipt } from "../model/transaction.ts";
import { lastConfirmed } from "../store/index.ts";
import type { AppEnv } from "./env.ts";
import { wholeJson } from "./headers.ts";
import { textStream } from "./stream.ts";

/** A JSON answer from text. */
export function jsonText(c: Context<AppEnv>, text: string): Response {
  c.header("content-type", "application/json");
  return c.body(text);
}

/** The answer of a write. `x-transaction` names the transaction when one was recorded. */
export function answerOf(c: Context<AppEnv>, receipt: Receipt, body: JsonObject): Response {
  if (receipt.replayed) c.header("idempotency-replayed", "true");
  if (receipt.transaction !== null) c.header("x-transaction", String(receipt.transaction));
  return jsonText(c, JSON.stringify(body));
}

/** What identifies an answer about the past; null for reads of the present. */
export function pastKey(
  route: string,
  asOf: string | null | undefined,
  request: unknown,
): string | null {
  return asOf === null || asOf === undefined ? null : `${route} ${canonicalJson(request as Json)}`;
}

/** What a read came to: text, or the pieces of an answer that is too large to be made at once. */
export type Made =
  | { readonly text: string; readonly immutable: boolean }
  | { readonly pieces: AsyncIterable<string> };

/** A JSON answer that is written as it is read. */
export function jsonStream(c: Context<AppEnv>, pieces: AsyncIterable<string>): Response {
  c.header("content-type", "application/json");
  return c.body(textStream(pieces));
}

/** Answers a read, from memory when the same question about the past was answered before. */
export async function answerJson(
  c: Context<AppEnv>,
  key: string | null,
  make: () => Promise<Made>,
): Promise<Response> {
  const { past } = c.get("services");
  const [store, principal] = [c.get("store"), c.get("principal")];
  // What may be seen depends on the access lists of entities, which the registry holds.
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
    // A token may say more, or less, than its bearer is by now: the answer is what that one sees.
    past.put(lastConfirmed(principal), `${store.registry().version} ${key}`, text);
  }
  return wholeJson(c, text);
}
