/** Pieces of the OpenAPI descriptions of this surface. */
import { json } from "../../../http/describe.ts";
import { PROBLEMS } from "../../../http/problem-kinds.ts";
import { ErrorBody } from "../wire/auth.ts";

/** Tag of the operations. */
export const tags = ["accounts"];
/** Headers of answers that nobody may keep. */
export const noStore = { "cache-control": "no-store" };

/** The example of a request without a valid token. */
export const UNAUTHORIZED = { detail: "Unauthorized" };
/** The example of a body that is too large. */
export const TOO_LARGE = { detail: PROBLEMS.too_large.example.detail };

/** Responses to callers that send too many requests. */
export const TRY_LATER = {
  429: json(
    ErrorBody,
    "The caller sent too many requests or failed attempts. The header Retry-After tells when to try again.",
    { detail: PROBLEMS.too_many_requests.example.detail },
  ),
  503: json(
    ErrorBody,
    "The service is temporarily unavailable. The header Retry-After tells when to try again.",
    { detail: PROBLEMS.unavailable.example.detail },
  ),
};
