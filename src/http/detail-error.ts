/** Error bodies whose only member is `detail`, as the accounts and the harvest surface send them. */
import { z } from "@hono/zod-openapi";

/**
 * The schema of an error with one string.
 *
 * @param name its name in the OpenAPI document.
 * @param detail the example.
 */
export function detailError(name: string, detail: string) {
  return z.object({ detail: z.string() }).openapi(name, { example: { detail } });
}

/** One invalid member of a request. It does not repeat what was sent. */
export const InvalidMember = z.object({
  type: z.string(),
  loc: z.array(z.union([z.string(), z.number()])),
  msg: z.string(),
});

/**
 * The schema of a validation error with one item for each invalid member.
 *
 * @param name its name in the OpenAPI document.
 * @param item the schema of an item.
 * @param missing the missing member of the example.
 */
export function validationError<Item extends z.ZodType>(name: string, item: Item, missing: string) {
  return z.object({ detail: z.array(item) }).openapi(name, {
    example: { detail: [{ type: "missing", loc: ["body", missing], msg: "Field required" }] },
  });
}
