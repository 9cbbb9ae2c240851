/** Resources on the wire, as zod schemas. */
import { z } from "@hono/zod-openapi";
import { isJsonObject, type JsonObject } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import { isReason, REASON_RULE } from "../../../model/reason.ts";
import { ACCESS_LEVELS } from "../../../model/resource.ts";
import { BUILTINS, type BuiltinName } from "../../../schema/builtin/index.ts";
import { INTERNAL_TYPES } from "../../../schema/internal.ts";

/** An identifier. */
export const identifier = z
  .string()
  .min(1)
  .max(LIMITS.identifierLengthMax)
  .describe("The identifier of a resource: 1 to 256 characters. It may contain slashes.");

/** An instant in a response. */
export const instant = z.iso
  .datetime({ offset: true })
  .describe("An RFC 3339 instant with an offset and at most six digits of a second.");

/**
 * Any JSON object with every member: a record schema would silently drop a member called
 * `__proto__`.
 */
export const jsonObject = z
  .custom<JsonObject>(isJsonObject, "Expected an object.")
  .openapi({ type: "object", additionalProperties: true });

/** `as_of` of a body. */
export const asOfBody = z
  .string()
  .nullish()
  .describe(
    "An RFC 3339 instant. The response shows the state of that instant; the default is now.",
  );

/** `as_of` of a GET read. */
export const asOfQuery = z.strictObject({
  as_of: z
    .string()
    .optional()
    .describe(
      "An RFC 3339 instant. The response shows the state of that instant; the default is now.",
    ),
});

const writable = {
  parent_identifier: identifier
    .nullish()
    .describe(
      `The live resource that contains this one. A tree has at most ${LIMITS.treeDepthMax} levels below a root.`,
    ),
  derived_from: z
    .array(identifier)
    .optional()
    .describe("The existing resources from which this one was derived (PROV `wasDerivedFrom`)."),
  license: z.string().nullish().describe("The licence, as an SPDX identifier or as free text."),
  access_level: z
    .enum(ACCESS_LEVELS)
    .optional()
    .describe(
      "Who may see the resource. A `restricted` one is visible to admins, to its owner and to those with a grant.",
    ),
};

/** Metadata of every resource in a response. */
export const answered = {
  identifier,
  parent_identifier: identifier.nullable(),
  derived_from: z.array(identifier),
  license: z.string().nullable(),
  access_level: z.enum(ACCESS_LEVELS),
  schema_version: z
    .string()
    .describe("The version of the payload type's schema with which the resource was written."),
  version: z
    .int()
    .min(1)
    .describe("The number of the version. It starts at 1 and grows by 1 with each change."),
  created_at: instant.describe("The instant of the transaction that created the resource."),
  updated_at: instant.describe("The instant of the transaction that wrote this version."),
  children: z
    .array(identifier)
    .optional()
    .describe(
      "The live children that the caller may see, in order of insertion. Absent when the request excludes them.",
    ),
};

const names = Object.keys(BUILTINS) as BuiltinName[];
const writableNames = names.filter((name) => !INTERNAL_TYPES.has(name));

const registeredName = z
  .string()
  .regex(new RegExp(`^(?!(?:${Object.keys(BUILTINS).join("|")})$)[a-z][a-z0-9_]{0,63}$`))
  .describe("The name of a payload type that was registered at run time.");

const optional = (shape: z.ZodRawShape): z.ZodRawShape =>
  Object.fromEntries(
    Object.entries(shape).map(([name, field]) => [name, (field as z.ZodType).nullish()]),
  );

/** One of several named components: zod would flatten a union of unions and lose the names. */
const either = (...components: readonly string[]) => ({
  anyOf: components.map((name) => ({ $ref: `#/components/schemas/${name}` })),
});

const pascal = (name: string): string =>
  name
    .split("_")
    .map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`)
    .join("");

const variants = (of: readonly BuiltinName[], make: (name: BuiltinName) => z.ZodObject) =>
  of.map(make) as unknown as readonly [z.ZodObject, ...z.ZodObject[]];

const typed = (name: BuiltinName): { readonly payload_type: z.ZodLiteral<BuiltinName> } => ({
  payload_type: z.literal(name),
});

/** A new resource of a built-in type, discriminated on `payload_type`. */
const AnyCreate = z
  .union(
    variants(writableNames, (name) =>
      z
        .strictObject({ identifier, ...typed(name), ...writable, ...BUILTINS[name].payload.shape })
        .openapi(`${pascal(name)}Create`),
    ),
  )
  .openapi("AnyCreate", {
    description:
      "A new resource: its metadata and, in the same object, the fields of its payload type.",
  });

const RegisteredCreate = z
  .looseObject({ identifier, payload_type: registeredName, ...writable })
  .openapi("RegisteredCreate");

/** A new resource of any type. */
export const NewResource = z.unknown().openapi(either("AnyCreate", "RegisteredCreate"));

const changeable = {
  ...writable,
  is_deleted: z
    .boolean()
    .optional()
    .describe("True turns the resource into a tombstone, and false restores it."),
};

/** Members to change in a resource of a built-in type, discriminated on `payload_type`. */
const AnyUpdate = z
  .union(
    variants(writableNames, (name) =>
      z
        .strictObject({
          ...typed(name),
          ...changeable,
          ...optional(BUILTINS[name].payload.shape),
        })
        .openapi(`${pascal(name)}Update`),
    ),
  )
  .openapi("AnyUpdate", {
    description:
      "Metadata and payload fields to change. Null clears an optional field, and `derived_from` replaces the whole list.",
  });

const UntypedUpdate = z
  .looseObject({
    payload_type: z.string().optional().describe("The payload type. It must equal the stored one."),
    ...changeable,
  })
  .openapi("UntypedUpdate", {
    description:
      "Members to change, without the name of a built-in type. The stored type of the resource applies.",
  });

/** Members to change in a resource of any type, as the OpenAPI document describes them. */
export const CHANGED_RESOURCE = either("AnyUpdate", "UntypedUpdate");

/** A resource of a built-in type as reads return it, discriminated on `payload_type`. */
export const AnyResponse = z
  .union(
    variants(names, (name) =>
      z
        .strictObject({ ...typed(name), ...answered, ...optional(BUILTINS[name].payload.shape) })
        .openapi(`${pascal(name)}Response`),
    ),
  )
  .openapi("AnyResponse", {
    description:
      "A version of a resource: its metadata and, in the same object, the fields of its payload.",
  });

const RegisteredResponse = z
  .looseObject({ payload_type: registeredName, ...answered })
  .openapi("RegisteredResponse");

/** A resource of any type as reads return it. */
export const AnsweredResource = z.union([AnyResponse, RegisteredResponse]);

/** The members that `select_columns` chose. */
export const SelectedResponse = z
  .looseObject({ identifier, payload_type: z.string() })
  .openapi("SelectedResponse");

/** Components that are referenced only by name. */
export const NAMED_COMPONENTS = { AnyCreate, RegisteredCreate, AnyUpdate, UntypedUpdate };

/** The member `reason` of a body. */
export const reasonMember = z.string().refine(isReason, REASON_RULE).nullish().meta({
  minLength: 1,
  maxLength: LIMITS.reasonLengthMax,
  description: "Why the write is made, as in the header `x-reason`.",
});

/** A reason in an answer; absent where none was given. */
export const answeredReason = z
  .string()
  .optional()
  .describe("Why the write was made, in the words of its caller. Absent if no reason was given.");
