/** Shapes of the dataset surface on the wire. */
import { z } from "@hono/zod-openapi";
import type { Json } from "../../../model/json.ts";
import { CARDINALITIES } from "../../../model/relation.ts";
import { CONSTRAINTS } from "../language/constraints.ts";
import { FIELD_TYPES } from "../language/dataset.ts";

const Constraint = z.strictObject({
  type: z.enum(CONSTRAINTS),
  value: z
    .union([z.number(), z.string(), z.boolean()])
    .nullish()
    .describe(
      "The value of the constraint. Used by `min`, `max`, `min_length`, `max_length` and `regexp`.",
    ),
});

const Field = z.strictObject({
  name: z
    .string()
    .describe(
      "The name of the field: a letter or `_`, then up to 62 of `a-z`, `A-Z`, `0-9` and `_`.",
    ),
  type: z.enum(FIELD_TYPES),
  constraints: z.array(Constraint).max(CONSTRAINTS.length).optional(),
  default: z
    .unknown()
    .optional()
    .describe("The value of the field in new records that do not contain it."),
});

const Relation = z.strictObject({
  dataset: z.string().describe("The child dataset. Its name is also the name of the relation."),
  cardinality: z
    .enum(CARDINALITIES)
    .describe("The cardinality: first of the parents, then of the children."),
  cascade: z
    .boolean()
    .optional()
    .describe("True, which is the default, deletes children together with their last parent."),
});

/** Body of `PUT /admin/datasets/{name}`. */
export const DatasetDefinition = z
  .strictObject({
    fields: z.array(Field),
    strict: z
      .boolean()
      .optional()
      .describe("True refuses records with fields that the schema does not name."),
    relations: z.array(Relation).optional(),
    indexes: z.array(z.string()).optional().describe("The fields that get an index."),
  })
  .openapi("DatasetDefinition");

/** The body after parsing. */
export type DatasetBody = z.infer<typeof DatasetDefinition>;

/** A dataset as it is defined. */
export const DatasetRead = z
  .strictObject({
    name: z.string(),
    version: z.string(),
    strict: z.boolean(),
    fields: z.array(Field),
    relations: z.array(Relation),
    indexes: z.array(z.string()),
  })
  .openapi("Dataset");

/** The result of a definition. */
export const DatasetVersion = z
  .strictObject({ name: z.string(), version: z.string() })
  .openapi("DatasetVersion");

/** A record: its own members, and those that the outputs select. */
const DatasetRecord = z.record(z.string(), z.unknown()).openapi("DatasetRecord");

/** Every successful response: a list, also for one record. */
export const DatasetRecords = z.array(DatasetRecord).openapi("DatasetRecords");

const RECORD = { $ref: "#/components/schemas/DatasetRecord" };

/**
 * A body of records: one object, or an array of them. `language/` checks it and reports its errors.
 */
export const DatasetBodyRecords = z
  .unknown()
  .openapi({ anyOf: [RECORD, { type: "array", items: RECORD }] }) as z.ZodType<Json>;

/** An error: always a list, of which clients read the first element. */
export const DatasetErrorBody = z
  .array(z.strictObject({ request_id: z.uuid(), message: z.string() }))
  .openapi("DatasetRefusal");

/** Path parameter: the dataset. */
export const datasetParams = z.strictObject({
  dataset: z.string().describe("The name of a dataset, or of a built-in payload type."),
});

/** Path parameter of the definition endpoint: the dataset. */
export const nameParams = z.strictObject({ name: z.string().describe("The name of the dataset.") });

const COND = 'The condition as JSON, e.g. [{"field": "total"}, ">", 1].';

/** Parameters that select records and their members. */
export const recordQuery = z.strictObject({
  cond: z.string().optional().describe(COND),
  outputs: z
    .string()
    .optional()
    .describe("A JSON array of field names, relations and aggregate functions."),
  range: z.string().optional().describe('The range as JSON, e.g. {"limit": 10, "offset": 0}.'),
  order: z
    .array(z.string())
    .optional()
    .describe(
      'The sort order as JSON, e.g. {"direction": "asc", "fields": ["name"]}. It may be given several times.',
    ),
});

/** Parameters of a read. */
export const readQuery = recordQuery.extend({
  as_of: z
    .string()
    .optional()
    .describe("An RFC 3339 instant. The response shows the state of that instant."),
});

/** Parameters of an insert. */
export const insertQuery = recordQuery.pick({ outputs: true });

/** Parameters of a change: with an action it links records. */
export const changeQuery = recordQuery.extend({
  action: z
    .enum(["attach", "detach"])
    .optional()
    .describe("The action: `attach` creates links, `detach` removes them."),
  action_resource: z.string().optional().describe("The related dataset of the action."),
  action_cond: z
    .string()
    .optional()
    .describe("The condition on records of the related dataset, as JSON."),
  action_range: z.string().optional().describe("The range of these records, as JSON."),
  action_order: z
    .array(z.string())
    .optional()
    .describe("The sort order of these records, as JSON."),
});
