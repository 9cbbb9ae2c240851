/** Shapes of the sources surface on the wire, as clients of the original service know them. */
import { z } from "@hono/zod-openapi";
import type { Json } from "../../../model/json.ts";
import { FINDABILITIES } from "../../../schema/builtin/source-spec.ts";
import { RUN_STATUSES } from "../../../schema/builtin/source-revision.ts";
import { declared } from "../../../schema/declared.ts";
import { FLOW_EVENTS } from "../../../schema/source/flow.ts";

const STATES = ["QUEUED", "INPROGRESS", "SUCCEEDED", "FAILED"] as const;

const json = z.record(z.string(), z.unknown());

/** The response to an upload. */
export const Uploaded = z
  .strictObject({
    success: z.boolean().describe("True if and only if there are no errors."),
    dataset_id: z.string().nullable(),
    flow_id: z.string().nullable().describe("The id of the new revision."),
    errors: z.array(z.string()),
  })
  .openapi("SourceUploaded");

/**
 * A specification: only the members that planning needs; everything else is kept unchanged. The
 * upload reports errors.
 */
export const SourceSpec = declared(
  z.looseObject({
    meta: z.looseObject({
      version: z.unknown().optional(),
      ownerid: z
        .string()
        .describe("The id of the user who may upload. It is the first part of all ids."),
      owner: z
        .unknown()
        .optional()
        .describe("The readable name of the owner, a string. Other values are ignored."),
      dataset: z.string().describe("The name of the dataset. It is the second part of all ids."),
      findability: z.enum(FINDABILITIES).nullish(),
    }),
    inputs: z
      .array(
        z.looseObject({
          kind: z.literal("datapackage"),
          url: z.string().describe("The base URL for the paths of the resources."),
          parameters: z.looseObject({
            descriptor: json.describe("The Data Package descriptor."),
            "resource-mapping": json
              .nullish()
              .describe("The URLs of the resources, by path or name."),
          }),
        }),
      )
      .describe("The inputs. There must be exactly one."),
    processing: z.array(json).nullish().describe("The tables to create from resources."),
    outputs: z
      .array(json)
      .nullish()
      .describe("The outputs to create. Kinds other than `zip` have no effect."),
    schedule: z
      .string()
      .nullish()
      .describe("The interval between automatic revisions, e.g. `every 1d`."),
  }),
).openapi("SourceSpec") as z.ZodType<Json | undefined>;

const texts = z.array(z.string()).nullish();

/** An event of a pipeline. The response to an invalid one names its error. */
export const PipelineEvent = declared(
  z.looseObject({
    pipeline_id: z
      .string()
      .nullish()
      .describe("The id of the pipeline. A leading `./` is ignored."),
    pipeline: z
      .unknown()
      .optional()
      .describe("An alias of `pipeline_id`, a string. Ignored where `pipeline_id` is given."),
    event: z.enum(FLOW_EVENTS),
    success: z.boolean().nullish().describe("Whether the pipeline succeeded. Used by `finish`."),
    errors: texts,
    stats: json.nullish(),
    log: texts.describe("The last lines of the pipeline's log."),
  }),
).openapi("PipelineEvent") as z.ZodType<Json | undefined>;

/** The response to an event. */
export const FlowState = z
  .strictObject({
    status: z.enum(RUN_STATUSES).nullable().describe("The state of the flow after the event."),
    id: z.string().nullable().describe("The id of the flow."),
    errors: z.array(z.string()).nullable(),
    success: z
      .enum(["success", "pending", "fail"])
      .describe("The state of the flow in the words of older clients."),
  })
  .openapi("SourceFlowState");

/** A status. */
export const SourceStatus = z
  .strictObject({
    id: z.string(),
    spec_contents: json.describe("The specification of this revision."),
    modified: z.string().describe("The instant of the last upload of the dataset."),
    state: z.enum(STATES),
    logs: z.array(z.string()).nullable(),
    error_log: z.array(z.string()),
    stats: json.nullable(),
    pipelines: z
      .record(
        z.string(),
        z.strictObject({
          title: z.string(),
          status: z.enum(STATES),
          stats: json,
          error_log: z.array(z.string()),
        }),
      )
      .describe("The pipelines that have reported an event, by id."),
    certified: z.boolean(),
  })
  .openapi("SourceStatus");

/** Path parameters of a status. */
export const statusPath = z.object({
  owner: z.string().describe("The id of the owner."),
  dataset: z.string().describe("The name of the dataset."),
  revision: z.string().describe("The revision: `latest`, `successful`, or a number."),
});

/** Query parameters with a token. */
export const tokenQuery = z.looseObject({
  jwt: z
    .string()
    .optional()
    .describe(
      "The token, for clients that cannot send headers. Use the header `Auth-Token` where possible.",
    ),
});

/** The header with a token. */
export const tokenHeader = z.object({
  "auth-token": z.string().optional().describe("A permission token from `GET /auth/authorize`."),
});
