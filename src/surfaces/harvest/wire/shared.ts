/** Shapes that the routes of this surface share. */
import { z } from "@hono/zod-openapi";
import type { Json } from "../../../model/json.ts";
import { isUuid } from "../../../identity/uuid.ts";
import { InvalidMember } from "../../../schema/invalid-member.ts";

/** A UUID, in any case of letters; kept in lower case. */
export const uuid = z
  .string("Input should be a valid UUID")
  .transform((value) => value.toLowerCase())
  .refine(isUuid, "Input should be a valid UUID");

/** The same in an answer. */
export const id = z.uuid();

/** A string of at most so many characters. */
export function text(max: number): z.ZodString {
  return z
    .string("Input should be a valid string")
    .max(max, `String should have at most ${max} characters`);
}

/** The same, and not empty. */
export function filled(max: number): z.ZodString {
  return text(max).min(1, "String should have at least 1 character");
}

/** True or false. */
export const flag = z.boolean("Input should be a valid boolean");

/** One of several words. */
export function word<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, `Input should be ${values.map((each) => `'${each}'`).join(", ")}`);
}

/** Any JSON object. */
export const anyObject = z.record(
  z.string(),
  z.unknown() as unknown as z.ZodType<Json>,
  "Input should be a valid dictionary",
);

/** An instant in a response. */
export const instant = z.string().openapi({ format: "date-time" });

/** An error as one string. */
export const ErrorBody = z
  .object({ detail: z.string() })
  .openapi("HarvestRefusal", { example: { detail: "Admin access required" } });

/** A validation error, part by part. It does not repeat secrets. */
export const ValidationErrorBody = z
  .object({ detail: z.array(InvalidMember.extend({ input: z.unknown().optional() })) })
  .openapi("HarvestValidationRefusal", {
    example: { detail: [{ type: "missing", loc: ["body", "name"], msg: "Field required" }] },
  });

const SKIP_MAX = 1_000_000_000;
const LIMIT_MAX = 500;

const whole = (low: number, high: number) =>
  z
    .string()
    .regex(/^\d{1,10}$/, "Input should be a valid integer")
    .transform(Number)
    .refine((value) => value >= low && value <= high, `Input should be from ${low} to ${high}`);

/** Paging parameters: where either is given, the response is an envelope. */
export const pageQuery = {
  skip: whole(0, SKIP_MAX).optional().openapi({
    type: "integer",
    minimum: 0,
    example: 0,
    description: "The number of elements to skip.",
  }),
  limit: whole(1, LIMIT_MAX).optional().openapi({
    type: "integer",
    minimum: 1,
    maximum: LIMIT_MAX,
    example: 25,
    description: "The maximum number of elements in the response.",
  }),
};

/** Paging parameters of a list that may include deleted resources. */
export const listQuery = z.strictObject({
  ...pageQuery,
  include_deleted: z
    .enum(["true", "false"], "Input should be 'true' or 'false'")
    .optional()
    .openapi({ description: "The value `true` includes deleted elements, which can be restored." }),
});

/** Path with an id. */
export const idPath = z.object({
  id: uuid.openapi({
    type: "string",
    format: "uuid",
    description: "The id of the resource.",
    example: "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de001",
  }),
});

/** A list as a bare array, or as an envelope where `skip` or `limit` is given. */
export function listOf(schema: z.ZodType) {
  return z.union([
    z.array(schema),
    z.strictObject({
      items: z.array(schema),
      total: z.int(),
      skip: z.int(),
      limit: z.int(),
    }),
  ]);
}

/** Path with the ids of a resource and its member. */
export function pathTo(name: string) {
  return z.object({
    id: idPath.shape.id,
    [name]: uuid.openapi({
      type: "string",
      format: "uuid",
      description: "The id of the user, member or grant.",
      example: "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10",
    }),
  }) as unknown as z.ZodType<Readonly<Record<string, string>> & { readonly id: string }>;
}
