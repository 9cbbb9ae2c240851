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
    .describe("Of min, max, min_length, max_length and regexp."),
});

const Field = z.strictObject({
  name: z.string().describe("A letter or _, then up to 62 of a-z, A-Z, 0-9 and _."),
  type: z.enum(FIELD_TYPES),
  constraints: z.array(Constraint).max(CONSTRAINTS.length).optional(),
  default: z.unknown().optional().describe("Of new records that do not name the field."),
});

const Relation = z.strictObject({
  dataset: z.string().describe("The child dataset; the relation is called by it."),
  cardinality: z.enum(CARDINALITIES).describe("Of the parents first, then of the children."),
  cascade: z
    .boolean()
    .optional()
    .describe("True, or absent: children that lose their last parent by its deletion go too."),
});

/** Body of `PUT /admin/datasets/{name}`. */
export const DatasetDefinition = z
  .strictObject({
    fields: z.array(Field),
    strict: z.boolean().optional().describe("True: records have the fields of the schema alone."),
    relations: z.array(Relation).optional(),
    indexes: z.array(z.string()).optional().describe("Fields that an index serves."),
  })
  .openapi("DatasetDefinition");

/** The body as it was read. */
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

/** What a definition came to. */
export const DatasetVersion = z
  .strictObject({ name: z.string(), version: z.string() })
  .openapi("DatasetVersion");

/** A record: its own members, and those that the outputs ask for. */
const DatasetRecord = z.record(z.string(), z.unknown()).openapi("DatasetRecord");

/** What every good answer is: a list, also for one record. */
export const DatasetRecords = z.array(DatasetRecord).openapi("DatasetRecords");

const RECORD = { $ref: "#/components/schemas/DatasetRecord" };

/** A body of records: one object, or an array of them. What is wrong with it the language of the surface says. */
export const DatasetBodyRecords = z
  .unknown()
  .openapi({ anyOf: [RECORD, { type: "array", items: RECORD }] }) as z.ZodType<Json>;

/** A refusal: always a list, of which clients read the first. */
export const DatasetRefusal = z
  .array(z.strictObject({ request_id: z.uuid(), message: z.string() }))
  .openapi("DatasetRefusal");

/** The dataset in a path. */
export const datasetParams = z.strictObject({
  dataset: z.string().describe("Name of a dataset, or of a built-in payload type."),
});

/** The dataset in a path of the definition door. */
export const nameParams = z.strictObject({ name: z.string().describe("Name of a dataset.") });

const COND = 'JSON: the condition, as in [{"field": "total"}, ">", 1].';

/** Parameters that tell which records, and what of them. */
export const recordQuery = z.strictObject({
  cond: z.string().optional().describe(COND),
  outputs: z.string().optional().describe("JSON: an array of names and figures."),
  range: z.string().optional().describe('JSON: {"limit": 10, "offset": 0}.'),
  order: z
    .array(z.string())
    .optional()
    .describe('JSON: {"direction": "asc", "fields": ["name"]}; may be given several times.'),
});

/** Parameters of a read. */
export const readQuery = recordQuery.extend({
  as_of: z.string().optional().describe("Answer as of this RFC 3339 instant."),
});

/** Parameters of an insert. */
export const insertQuery = recordQuery.pick({ outputs: true });

/** Parameters of a change: with an action it links records. */
export const changeQuery = recordQuery.extend({
  action: z.enum(["attach", "detach"]).optional().describe("Links, or takes links away."),
  action_resource: z.string().optional().describe("The related dataset."),
  action_cond: z.string().optional().describe("JSON: which of its records."),
  action_range: z.string().optional().describe("JSON: a range of them."),
  action_order: z.array(z.string()).optional().describe("JSON: the order of that range."),
});
