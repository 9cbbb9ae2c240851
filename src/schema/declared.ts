/**
 * Shapes that the OpenAPI document describes and a language checks: in its own order, with its own
 * messages.
 */
import { z } from "zod";

/**
 * A value with a documented shape. The schema accepts any value, also a missing one: the language of
 * the surface checks it later, with the codes and messages that its clients expect. So `shape` must
 * accept everything that the language accepts.
 */
export function declared(shape: z.ZodType): z.ZodOptional<z.ZodUnknown> {
  const { $schema: _dialect, ...json } = z.toJSONSchema(shape, { io: "input" });
  return z
    .unknown()
    .meta(json as z.GlobalMeta)
    .optional();
}
