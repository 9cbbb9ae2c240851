/** Resources on the wire, as zod schemas. */
import { z } from "@hono/zod-openapi";
import { isJsonObject, type JsonObject } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import { ACCESS_LEVELS } from "../../../model/resource.ts";
import { BUILTINS, type BuiltinName } from "../../../schema/builtin/index.ts";
import { INTERNAL_TYPES } from "../../../schema/internal.ts";

/** An identifier. */
export const identifier = z
  .string()
  .min(1)
  .max(LIMITS.identifierLengthMax)
  .describe("Identifier of a resource: 1 to 256 characters, may contain slashes.");

/** An instant of an answer. */
export const instant = z.iso
  .datetime({ offset: true })
  .describe("RFC 3339 instant with an offset, at most microseconds.");

/**
 * Any JSON object, every member kept: a record schema would drop a member called `__proto__`
 * without a word.
 */
export const jsonObject = z
  .custom<JsonObject>(isJsonObject, "Expected an object.")
  .openapi({ type: "object", additionalProperties: true });

/** `as_of` of a body. */
export const asOfBody = z
  .string()
  .nullish()
  .describe("Answer what this call would have answered at that instant (RFC 3339). Default: now.");

/** `as_of` of a GET read. */
export const asOfQuery = z.strictObject({
  as_of: z
    .string()
    .optional()
    .describe("RFC 3339 instant; the state to answer from. Default: now."),
});

const writable = {
  parent_identifier: identifier
    .nullish()
    .describe(
      `A live resource that contains this one; at most ${LIMITS.treeDepthMax} levels below a root.`,
    ),
  derived_from: z
    .array(identifier)
    .optional()
    .describe("Existing resources from which this one was derived (PROV wasDerivedFrom)."),
  license: z.string().nullish().describe("SPDX identifier or free text."),
  access_level: z
    .enum(ACCESS_LEVELS)
    .optional()
    .describe("Who may see it: `restricted` only by grant, ownership or the admin role."),
};

/** Metadata of every answered resource. */
export const answered = {
  identifier,
  parent_identifier: identifier.nullable(),
  derived_from: z.array(identifier),
  license: z.string().nullable(),
  access_level: z.enum(ACCESS_LEVELS),
  schema_version: z
    .string()
    .describe("Version of the payload type's schema that it was written with."),
  version: z.int().min(1).describe("1 at birth, one more with each change."),
  created_at: instant.describe("Instant of the transaction that created it."),
  updated_at: instant.describe("Instant of the transaction that made this version."),
  children: z
    .array(identifier)
    .optional()
    .describe("Live, visible direct children in order of insertion; absent when excluded."),
};

const names = Object.keys(BUILTINS) as BuiltinName[];
const writableNames = names.filter((name) => !INTERNAL_TYPES.has(name));

const registeredName = z
  .string()
  .regex(new RegExp(`^(?!(?:${Object.keys(BUILTINS).join("|")})$)[a-z][a-z0-9_]{0,63}$`))
  .describe("A payload type that was registered at run time.");

const optional = (shape: z.ZodRawShape): z.ZodRawShape =>
  Object.fromEntries(
    Object.entries(shape).map(([name, field]) => [name, (field as z.ZodType).nullish()]),
  );

/** One of several components by name: a union of unions would be flattened, and its names lost. */
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
    description: "A new resource: metadata and, beside it, the flat fields of its payload type.",
  });

const RegisteredCreate = z
  .looseObject({ identifier, payload_type: registeredName, ...writable })
  .openapi("RegisteredCreate");

/** A new resource of any type. */
export const NewResource = z.unknown().openapi(either("AnyCreate", "RegisteredCreate"));

const changeable = {
  ...writable,
  is_deleted: z.boolean().optional().describe("true: tombstone; false: restore."),
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
      "Metadata and payload fields to change; null clears an optional one, `derived_from` replaces the whole list.",
  });

const UntypedUpdate = z
  .looseObject({
    payload_type: z.string().optional().describe("Must equal the stored type when given."),
    ...changeable,
  })
  .openapi("UntypedUpdate", {
    description: "The same without naming a built-in type: the stored type applies.",
  });

/** Members to change in a resource of any type, as the document shows them. */
export const CHANGED_RESOURCE = either("AnyUpdate", "UntypedUpdate");

/** A resource of a built-in type as reads answer it, discriminated on `payload_type`. */
export const AnyResponse = z
  .union(
    variants(names, (name) =>
      z
        .strictObject({ ...typed(name), ...answered, ...optional(BUILTINS[name].payload.shape) })
        .openapi(`${pascal(name)}Response`),
    ),
  )
  .openapi("AnyResponse", {
    description: "A version of a resource: metadata and, beside it, the flat payload.",
  });

const RegisteredResponse = z
  .looseObject({ payload_type: registeredName, ...answered })
  .openapi("RegisteredResponse");

/** A resource of any type as reads answer it. */
export const AnsweredResource = z.union([AnyResponse, RegisteredResponse]);

/** The members that `select_columns` chose. */
export const SelectedResponse = z
  .looseObject({ identifier, payload_type: z.string() })
  .openapi("SelectedResponse");

/** Components that are referred to by name only. */
export const NAMED_COMPONENTS = { AnyCreate, RegisteredCreate, AnyUpdate, UntypedUpdate };
