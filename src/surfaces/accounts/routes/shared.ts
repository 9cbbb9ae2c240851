/** Pieces of the OpenAPI descriptions of this surface. */
import type { z } from "@hono/zod-openapi";
import { Refusal } from "../wire/auth.ts";

/** Tag of the operations. */
export const tags = ["accounts"];
/** Headers of answers that nobody may keep. */
export const noStore = { "cache-control": "no-store" };

/** A JSON answer or body in a description. */
export function json<Value>(schema: z.ZodType<Value>, description: string) {
  return { description, content: { "application/json": { schema } } };
}

/** Answers to those who came too often or too early. */
export const TRY_LATER = {
  429: json(
    Refusal,
    "The caller sent too many requests or failed attempts. The header Retry-After tells when to try again.",
  ),
  503: json(
    Refusal,
    "The service is temporarily unavailable. The header Retry-After tells when to try again.",
  ),
};
