/**
 * Requests and responses of the entity surface, as zod schemas: loose, since unknown members are
 * ignored.
 */
import { z } from "@hono/zod-openapi";
import { declared } from "../../../schema/declared.ts";

/**
 * A member of a body that the language of the surface checks, because its errors have codes of
 * their own.
 */
const member = (shape: z.ZodType, description?: string) =>
  description === undefined ? declared(shape) : declared(shape).describe(description);

const text = z.string();
const millis = z.union([z.int(), z.string()]).nullish();

const common = {
  entity: member(text.nullable(), "The name of the entity. Required unless the path contains it."),
  entityVersion: member(
    text.nullable(),
    "The version of the metadata. Without it the default version applies.",
  ),
  execution: member(
    z
      .looseObject({
        asynchronous: millis.describe(
          "Milliseconds after which the server answers with a task handle.",
        ),
        timeLimit: millis.describe("Milliseconds after which a find stops."),
      })
      .nullable(),
    "Options of the execution. Unknown ones are ignored.",
  ),
  session: member(
    text.nullable(),
    "The `session` of an earlier response. Reads show at least the state of that response.",
  ),
  projection: z
    .unknown()
    .optional()
    .describe("The projection: which fields of each document the response contains."),
};

const range = {
  range: member(
    z.array(z.unknown()).nullable(),
    "The first and the last position of the range, [from, to]. Positions start at 0.",
  ),
  from: z.unknown().optional(),
  to: z.unknown().optional(),
  maxResults: z.unknown().optional(),
};

const locking = {
  onlyIfCurrent: z
    .unknown()
    .optional()
    .describe("True limits the call to documents whose version `documentVersions` lists."),
  documentVersions: member(z.array(text).nullable()),
};

/** Body of an insert. */
export const InsertBody = z
  .looseObject({
    ...common,
    ...range,
    data: z.unknown().optional().describe("A document, or a list of documents."),
  })
  .openapi("EntityInsert");

/** Body of a save. */
export const SaveBody = z
  .looseObject({
    ...common,
    ...range,
    ...locking,
    data: z.unknown().optional().describe("A document, or a list of documents."),
    upsert: z.unknown().optional().describe("True inserts documents that do not exist."),
  })
  .openapi("EntitySave");

/** Body of an update. */
export const UpdateBody = z
  .looseObject({
    ...common,
    ...range,
    ...locking,
    query: z.unknown().optional().describe("The condition that selects the documents."),
    update: z.unknown().optional().describe("The changes to apply to the selected documents."),
  })
  .openapi("EntityUpdate");

/** Body of a delete. */
export const DeleteBody = z
  .looseObject({
    ...common,
    ...locking,
    query: z.unknown().optional().describe("The condition that selects the documents."),
  })
  .openapi("EntityDelete");

/** Body of a find. */
export const FindBody = z
  .looseObject({
    ...common,
    ...range,
    query: z
      .unknown()
      .optional()
      .describe("The condition that selects the documents. Without it all documents are selected."),
    sort: z.unknown().optional(),
    as_of: member(
      text.nullable(),
      "An RFC 3339 instant. The response shows the state of that instant.",
    ),
  })
  .openapi("EntityFind");

/** Body of a bulk request. */
export const BulkBody = z
  .looseObject({
    ordered: member(z.boolean(), "False runs all requests at the same time."),
    requests: member(
      z.array(
        z.looseObject({
          seq: z.int().optional(),
          op: z.string(),
          request: z.looseObject({}),
        }),
      ),
    ),
  })
  .openapi("EntityBulk", { required: ["requests"] });

/** An error on the wire. */
const EntityError = z
  .strictObject({
    objectType: z.literal("error"),
    context: z
      .string()
      .optional()
      .describe("The operations in which the error occurred, outermost first."),
    errorCode: z.string().describe("A stable error code. docs/entities.md lists all codes."),
    msg: z.string().optional().describe("The path, value or expression that caused the error."),
  })
  .openapi("EntityError");

/** The envelope of every response. */
export const EntityEnvelope = z
  .strictObject({
    entity: z.string().optional(),
    entityVersion: z.string().optional(),
    status: z.enum(["COMPLETE", "PARTIAL", "ASYNC", "ERROR"]),
    modifiedCount: z.int().min(0).optional(),
    matchCount: z.int().min(0).optional(),
    hostname: z.string().optional(),
    session: z.string().optional(),
    taskHandle: z.string().optional(),
    processed: z.array(z.unknown()).optional(),
    resultMetadata: z.array(z.looseObject({})).optional(),
    dataErrors: z
      .array(z.strictObject({ data: z.looseObject({}), errors: z.array(EntityError) }))
      .optional(),
    errors: z.array(EntityError).optional(),
  })
  .openapi("EntityEnvelope");

/** The response to a bulk request. */
export const BulkResponse = z
  .strictObject({
    responses: z.array(z.strictObject({ seq: z.int(), response: EntityEnvelope })),
  })
  .openapi("EntityBulkResponse");

/** The metadata document of one version. */
export const MetadataDocument = z
  .looseObject({
    entityInfo: z
      .looseObject({})
      .describe("The part of the metadata that applies to all versions."),
    schema: z
      .looseObject({})
      .describe("The part of one version: its fields, status and access lists."),
  })
  .openapi("EntityMetadata");

/**
 * Body that replaces or adds metadata: a whole document, the part common to all versions, or only a
 * schema.
 */
export const MetadataBody = z
  .looseObject({
    entityInfo: member(z.looseObject({}), "The part of the metadata that applies to all versions."),
    schema: member(
      z.looseObject({}),
      "The part of one version: its fields, status and access lists.",
    ),
  })
  .openapi("EntityMetadataBody");

/** A check of the service. */
export const Checks = z
  .record(z.string(), z.strictObject({ healthy: z.boolean(), message: z.string() }))
  .openapi("EntityChecks");

/** The parts of a path. */
export const entityParams = z.object({ entity: z.string().describe("The name of the entity.") });

/** The parts of a path with a version. */
export const versionParams = entityParams.extend({
  version: z.string().describe("The version of the entity's metadata."),
});
