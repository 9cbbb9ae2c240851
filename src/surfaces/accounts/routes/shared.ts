/** Pieces of the OpenAPI descriptions of this surface. */
import { json } from "../../../http/describe.ts";
import { ErrorBody } from "../wire/auth.ts";

/** Tag of the operations. */
export const tags = ["accounts"];
/** Headers of answers that nobody may keep. */
export const noStore = { "cache-control": "no-store" };

/** Responses to callers that send too many requests. */
export const TRY_LATER = {
  429: json(
    ErrorBody,
    "The caller sent too many requests or failed attempts. The header Retry-After tells when to try again.",
  ),
  503: json(
    ErrorBody,
    "The service is temporarily unavailable. The header Retry-After tells when to try again.",
  ),
};
