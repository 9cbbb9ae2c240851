/** Requests and answers of the entity surface, as zod schemas: loose, since unknown members are ignored. */
import { z } from "@hono/zod-openapi";

/** Any JSON object: what a body has to be. */
export const AnyBody = z.looseObject({});

const common = {
  entity: z.string().optional().describe("Name of the entity, unless the path gives it."),
  entityVersion: z.string().nullish().describe("Version of the metadata; absent: the default."),
  execution: z
    .looseObject({
      asynchronous: z.union([z.int(), z.string()]).nullish().describe("Milliseconds."),
      timeLimit: z.union([z.int(), z.string()]).nullish().describe("Milliseconds."),
    })
    .nullish()
    .describe("Options; unknown ones are ignored."),
  session: z.string().nullish().describe("`session` of an earlier answer: see at least its state."),
  projection: z.unknown().optional().describe("What of each document is answered."),
};

const range = {
  range: z.array(z.unknown()).nullish().describe("Positions [from, to], from 0, both included."),
  from: z.unknown().optional(),
  to: z.unknown().optional(),
  maxResults: z.unknown().optional(),
};

const locking = {
  onlyIfCurrent: z.unknown().optional().describe("True: only documents of a listed version."),
  documentVersions: z.array(z.string()).nullish(),
};

/** Documented body of an insert. */
export const InsertBody = z
  .looseObject({
    ...common,
    ...range,
    data: z.unknown().describe("A document, or a list of them."),
  })
  .openapi("EntityInsert");

/** Documented body of a save. */
export const SaveBody = z
  .looseObject({
    ...common,
    ...range,
    ...locking,
    data: z.unknown().describe("A document, or a list of them."),
    upsert: z.unknown().optional().describe("True: insert what is not there."),
  })
  .openapi("EntitySave");

/** Documented body of an update. */
export const UpdateBody = z
  .looseObject({
    ...common,
    ...range,
    ...locking,
    query: z.unknown().describe("Which documents."),
    update: z.unknown().describe("What to change in them."),
  })
  .openapi("EntityUpdate");

/** Documented body of a delete. */
export const DeleteBody = z
  .looseObject({ ...common, ...locking, query: z.unknown().describe("Which documents.") })
  .openapi("EntityDelete");

/** Documented body of a find. */
export const FindBody = z
  .looseObject({
    ...common,
    ...range,
    query: z.unknown().optional().describe("Which documents; absent: all of them."),
    sort: z.unknown().optional(),
    as_of: z.string().nullish().describe("Answer as of this RFC 3339 instant."),
  })
  .openapi("EntityFind");

/** Documented body of a bulk request. */
export const BulkBody = z
  .looseObject({
    ordered: z.boolean().optional().describe("False: all at the same time."),
    requests: z.array(
      z.looseObject({
        seq: z.int().optional(),
        op: z.string(),
        request: z.looseObject({}),
      }),
    ),
  })
  .openapi("EntityBulk");

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
