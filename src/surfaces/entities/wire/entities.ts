/** Requests and answers of the entity surface, as zod schemas: loose, since unknown members are ignored. */
import { z } from "@hono/zod-openapi";
import { declared } from "../../../schema/declared.ts";

/** A member of a body, which the language of the surface checks: a wrong one has a code of its own. */
const member = (shape: z.ZodType, description?: string) =>
  description === undefined ? declared(shape) : declared(shape).describe(description);

const text = z.string();
const millis = z.union([z.int(), z.string()]).nullish();

const common = {
  entity: member(text.nullable(), "Name of the entity, unless the path gives it."),
  entityVersion: member(text.nullable(), "Version of the metadata; absent: the default."),
  execution: member(
    z
      .looseObject({
        asynchronous: millis.describe("Milliseconds."),
        timeLimit: millis.describe("Milliseconds."),
      })
      .nullable(),
    "Options; unknown ones are ignored.",
  ),
  session: member(text.nullable(), "`session` of an earlier answer: see at least its state."),
  projection: z.unknown().optional().describe("What of each document is answered."),
};

const range = {
  range: member(z.array(z.unknown()).nullable(), "Positions [from, to], from 0, both included."),
  from: z.unknown().optional(),
  to: z.unknown().optional(),
  maxResults: z.unknown().optional(),
};

const locking = {
  onlyIfCurrent: z.unknown().optional().describe("True: only documents of a listed version."),
  documentVersions: member(z.array(text).nullable()),
};

/** Body of an insert. */
export const InsertBody = z
  .looseObject({
    ...common,
    ...range,
    data: z.unknown().optional().describe("A document, or a list of them."),
  })
  .openapi("EntityInsert");

/** Body of a save. */
export const SaveBody = z
  .looseObject({
    ...common,
    ...range,
    ...locking,
    data: z.unknown().optional().describe("A document, or a list of them."),
    upsert: z.unknown().optional().describe("True: insert what is not there."),
  })
  .openapi("EntitySave");

/** Body of an update. */
export const UpdateBody = z
  .looseObject({
    ...common,
    ...range,
    ...locking,
    query: z.unknown().optional().describe("Which documents."),
    update: z.unknown().optional().describe("What to change in them."),
  })
  .openapi("EntityUpdate");

/** Body of a delete. */
export const DeleteBody = z
  .looseObject({
    ...common,
    ...locking,
    query: z.unknown().optional().describe("Which documents."),
  })
  .openapi("EntityDelete");

/** Body of a find. */
export const FindBody = z
  .looseObject({
    ...common,
    ...range,
    query: z.unknown().optional().describe("Which documents; absent: all of them."),
    sort: z.unknown().optional(),
    as_of: member(text.nullable(), "Answer as of this RFC 3339 instant."),
  })
  .openapi("EntityFind");

/** Body of a bulk request. */
export const BulkBody = z
  .looseObject({
    ordered: member(z.boolean(), "False: all at the same time."),
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
    context: z.string().optional().describe("Where it happened, outermost first."),
    errorCode: z.string().describe("Stable code; docs/entities.md lists them."),
    msg: z.string().optional().describe("The offending path, value or expression."),
  })
  .openapi("EntityError");

/** The envelope of every answer. */
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

/** The answer to a bulk request. */
export const BulkResponse = z
  .strictObject({
    responses: z.array(z.strictObject({ seq: z.int(), response: EntityEnvelope })),
  })
  .openapi("EntityBulkResponse");

/** The metadata document of one version. */
export const MetadataDocument = z
  .looseObject({
    entityInfo: z.looseObject({}).describe("What holds for all versions."),
    schema: z.looseObject({}).describe("One version: its fields, status and access lists."),
  })
  .openapi("EntityMetadata");

/** Body that replaces or adds metadata: a whole document, what holds for all versions, or a schema alone. */
export const MetadataBody = z
  .looseObject({
    entityInfo: member(z.looseObject({}), "What holds for all versions."),
    schema: member(z.looseObject({}), "One version: its fields, status and access lists."),
  })
  .openapi("EntityMetadataBody");

/** A check of the service. */
export const Checks = z
  .record(z.string(), z.strictObject({ healthy: z.boolean(), message: z.string() }))
  .openapi("EntityChecks");

/** The parts of a path. */
export const entityParams = z.object({ entity: z.string().describe("Name of the entity.") });

/** The parts of a path with a version. */
export const versionParams = entityParams.extend({
  version: z.string().describe("Version of its metadata."),
});
