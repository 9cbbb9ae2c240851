/** Hooks that an external server runs. */
import { createHmac } from "node:crypto";
import { isUuid } from "../../../identity/uuid.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../model/json.ts";
import { isPublicHost } from "../../../model/network.ts";
import { objectsIn, PROCEED, textIn, type HookResult, type WantedGrant } from "./hook.ts";

const LIMIT_MILLIS = 5_000;
const ANSWER_CHARACTERS_MAX = 65_536;

/** Why the address of a webhook is invalid; undefined for a valid one. */
export function webhookError(text: string, allowPrivate: boolean): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || `${url.username}${url.password}` !== "") return "Expected an address.";
  if (allowPrivate) return /^https?:$/.test(url.protocol) ? undefined : "Expected an http address.";
  if (url.protocol !== "https:") return "Expected an https address.";
  return isPublicHost(url.hostname) ? undefined : "Expected a public address.";
}

/** The request to a webhook. */
export interface WebhookCall {
  readonly url: string;
  readonly secret: string | null;
  readonly allowPrivate: boolean;
  readonly body: JsonObject;
  readonly fetch: typeof fetch;
}

const GRANTEES: readonly WantedGrant["granteeType"][] = ["user", "group", "project"];

const grantOf = (value: JsonObject): readonly WantedGrant[] => {
  const granteeType = GRANTEES.find((type) => type === value["grantee_type"]);
  const id = textIn(value["grantee_id"])?.toLowerCase() ?? "";
  return granteeType === undefined || !isUuid(id) ? [] : [{ granteeType, by: "id", value: id }];
};

const MESSAGE_MAX = 1_000;

const resultOf = (answer: Json): HookResult => {
  if (!isJsonObject(answer)) return PROCEED;
  const { action, metadata_updates: metadata } = answer;
  return {
    action: action === "skip" || action === "redirect" ? action : "proceed",
    message: textIn(answer["message"])?.slice(0, MESSAGE_MAX) ?? null,
    redirectPath: textIn(answer["redirect_path"]),
    metadata: isJsonObject(metadata) ? metadata : {},
    grants: objectsIn(answer["access_grants"]).flatMap(grantOf),
  };
};

/** Reads the body up to a bound. */
const textOf = async ({ body }: Response): Promise<string> => {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body as ReadableStream<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > ANSWER_CHARACTERS_MAX) throw new Error("The webhook answered too much.");
  }
  return text + decoder.decode();
};

/**
 * Calls a webhook.
 * @throws {Error} when it cannot be reached in time, refuses, or returns an invalid body.
 */
export async function callWebhook(call: WebhookCall): Promise<HookResult> {
  const error = webhookError(call.url, call.allowPrivate);
  if (error !== undefined) throw new Error(error);
  const body = JSON.stringify(call.body);
  const signature =
    call.secret === null ? null : createHmac("sha256", call.secret).update(body).digest("hex");
  const response = await call.fetch(call.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(signature === null ? {} : { "x-signature-256": `sha256=${signature}` }),
    },
    body,
    // Redirects are not followed: their target could be a private address.
    redirect: "manual",
    signal: AbortSignal.timeout(LIMIT_MILLIS),
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`The webhook answered ${response.status}.`);
  }
  const text = await textOf(response);
  return text.trim() === "" ? PROCEED : resultOf(JSON.parse(text) as Json);
}
