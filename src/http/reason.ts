/** The reason of a write: read from the header `x-reason`, and compared with that of the body. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { AppError } from "../model/error.ts";
import { LIMITS } from "../model/limits.ts";
import { isReason, REASON_HEADER, REASON_RULE } from "../model/reason.ts";
import type { AppEnv } from "./env.ts";

/** The request header of routes that take a reason; `addRoute` checks it on routes that declare it. */
export const reasonHeaders = z.object({
  [REASON_HEADER]: z
    .string()
    .optional()
    .describe(
      `Why the write is made: 1 to ${LIMITS.reasonLengthMax} characters, without control characters. The transaction keeps it, and whoever may see the transaction may read it. Text beyond visible ASCII is sent as \`UTF-8''\` and the percent-encoded UTF-8 bytes (RFC 8187).`,
    ),
});

/** True when a route declares the header of a reason. */
export function takesReason(headers: z.ZodObject | undefined): boolean {
  return headers !== undefined && REASON_HEADER in headers.shape;
}

const refuse = (detail: string): never => {
  // What was sent may name a patient: no message repeats it.
  throw new AppError("invalid_value", `${REASON_HEADER}: ${detail}`, {
    details: [{ path: REASON_HEADER, code: "invalid_value", detail }],
  });
};

/** The value of an extended parameter of RFC 8187, with or without a language. */
const EXTENDED = /^utf-8'[A-Za-z0-9-]*'([\x21-\x7e]*)$/i;

const decode = (encoded: string): string => {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return refuse("Expected UTF-8'' and percent-encoded UTF-8 after it.");
  }
};

/**
 * The reason in the header of a request, if there is one.
 *
 * @throws AppError `invalid_value`.
 */
export function reasonInHeader(c: Context<AppEnv>): string | undefined {
  const sent = c.req.header(REASON_HEADER);
  if (sent === undefined) return undefined;
  if (!/^[\x20-\x7e]*$/.test(sent)) {
    return refuse("Expected visible ASCII, or UTF-8'' and percent-encoded UTF-8 after it.");
  }
  const encoded = EXTENDED.exec(sent)?.[1];
  if (encoded === undefined && /^utf-8'/i.test(sent)) {
    return refuse("Expected UTF-8'' and percent-encoded UTF-8 after it.");
  }
  const reason = encoded === undefined ? sent : decode(encoded);
  return isReason(reason) ? reason : refuse(REASON_RULE);
}

/**
 * The reason of a write, given that of its body.
 *
 * @throws AppError `invalid_value` when the reasons of body and header differ.
 */
export function reasonOf(
  c: Context<AppEnv>,
  member: string | null | undefined,
): string | undefined {
  const header = c.get("reason");
  if (typeof member === "string" && header !== undefined && header !== member) {
    return refuse("Expected the same reason as in the body, or only one of them.");
  }
  return member ?? header;
}
