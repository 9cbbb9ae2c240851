/**
 * Shapes that the OpenAPI document describes and a language checks: in its own order, with its own
 * messages.
 */
import { z } from "zod";

/**
 * A value of a documented shape. Any value passes, also none: the language of the surface refuses
 * it later, with the code and the message that its clients know. So `shape` must be as wide as what
 * that language accepts.
 */
export function declared(shape: z.ZodType): z.ZodOptional<z.ZodUnknown> {
  const { $schema: _dialect, ...json } = z.toJSONSchema(shape, { io: "input" });
  return z
    .unknown()
    .meta(json as z.GlobalMeta)
    .optional();
}
