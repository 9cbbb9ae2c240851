import { z } from "zod";
import type { Json } from "../../model/json.ts";

const json: z.ZodType<Json> = z.json().describe("Any JSON value.");

const template = z
  .string()
  .describe(
    "Text with ${column} in it; ${@datasource}, ${@patient} and ${@study} stand for the row's own. Gives nothing when a column in it is empty.",
  );

const payloadType = z
  .strictObject({ version: z.string(), json_schema: z.record(z.string(), json) })
  .describe("A payload type, registered where the server does not know it: that takes an admin.");

const accessLevel = z.enum(["public", "internal", "restricted"]);

const fieldRule = z
  .strictObject({
    column: z.string().optional().describe("Take the value of this column."),
    columns: z.array(z.string()).min(1).optional().describe("Make a list of these columns."),
    template: template.optional(),
    value: json.optional().describe("A constant."),
    type: z
      .enum(["string", "integer", "number", "boolean", "json"])
      .optional()
      .describe("Convert to this type; without it the value stays as the table has it."),
    decimal: z
      .enum([".", ","])
      .optional()
      .describe(
        "What divides the decimals of a number (default `.`); the other one divides groups.",
      ),
    split: z.string().min(1).optional().describe("Split the text at this separator into a list."),
    map: z.record(z.string(), json).optional().describe("Replace values: from the text, to JSON."),
    unmapped: z
      .enum(["error", "keep", "omit"])
      .optional()
      .describe("What to do with a value that `map` does not name (default: error)."),
    omit: z
      .array(z.string())
      .optional()
      .describe("Texts that mean `no value`. Empty cells always do. In a list they are left out."),
    required: z.boolean().optional().describe("A missing value is an error of the row."),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    out_of_range: z
      .enum(["error", "omit"])
      .optional()
      .describe("What to do with a number outside minimum..maximum (default: error)."),
  })
  .describe("Where one value comes from and what becomes of it.");

const payload = z.record(z.string(), fieldRule).describe("Payload fields of the new resource.");

const source = z
  .strictObject({
    format: z
      .enum(["csv", "ndjson", "xlsx", "dicom", "bids"])
      .optional()
      .describe(
        "Default: by the file's name; of a folder `bids` where it holds `dataset_description.json`, else `dicom`.",
      ),
    encoding: z
      .enum(["utf-8", "utf-16le", "utf-16be", "windows-1252"])
      .optional()
      .describe("Of a text without a byte order mark (default: utf-8)."),
    sheet: z
      .string()
      .min(1)
      .optional()
      .describe("XLSX: the name of the sheet (default: the first)."),
    delimiter: z.string().length(1).optional().describe("CSV: default comma."),
    header: z
      .enum(["names", "skip", "none"])
      .optional()
      .describe(
        "CSV: the first row names the columns (default), is left out because `columns` names them by position, or is data.",
      ),
    expect_header: z
      .array(z.string())
      .min(1)
      .optional()
      .describe("CSV: the first cells of the header row; another table is refused."),
    columns: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe("CSV: names by position, for headers that are missing or cannot be trusted."),
  })
  .describe("How the table is written down.");

const datasource = z
  .strictObject({
    identifier: z.string().min(1),
    license: z.string().optional(),
    access_level: accessLevel.optional(),
    payload: z.record(z.string(), json),
  })
  .describe("The datasource; it is created when there is none of this identifier.");

const when = z
  .string()
  .optional()
  .describe("Only rows that have a value in this column; the others go in without it.");

const registered = z
  .strictObject({ external_uid: template, when, payload: payload.optional() })
  .describe("Registered once for each external uid; the payload is that of its first row.");

const resource = z.strictObject({
  identifier: template,
  payload_type: template,
  when,
  once: z
    .boolean()
    .optional()
    .describe(
      "The first row that names it makes it; what later rows say of it, and what is stored, is not compared.",
    ),
  file: z
    .boolean()
    .optional()
    .describe(
      "It stands for the file of the row: with --with-files its file is uploaded and named in `s3_path`.",
    ),
  parent: z
    .union([template, z.array(template).min(1)])
    .optional()
    .describe("Of a list the first that gives something. Default: no parent."),
  derived_from: fieldRule.optional(),
  license: template.optional(),
  access_level: template.optional(),
  payload: payload.optional(),
  other_columns: z
    .strictObject({ separator: z.string().min(1).optional() })
    .optional()
    .describe(
      "Every column that the mapping does not name becomes the payload field of that name, converted as the payload type's schema says; lists are split at the separator (default `|`).",
    ),
});

/** The shape of a mapping file. `src/cli/mappings/mapping.schema.json` is made from it. */
export const mappingShape = z
  .strictObject({
    $schema: z.string().optional(),
    name: z.string().min(1),
    description: z.string().optional(),
    source: source.optional(),
    payload_types: z.record(z.string(), payloadType).optional(),
    datasource: datasource.optional(),
    patient: registered.optional(),
    study: registered.optional(),
    resources: z.array(resource).optional().describe("What each row becomes."),
  })
  .describe("How a table becomes patients, studies and resources.");

/** A mapping file: how a table becomes patients, studies and resources. */
export type Mapping = z.infer<typeof mappingShape>;
/** Where one value comes from and how it is converted. */
export type FieldRule = z.infer<typeof fieldRule>;
/** How one resource is created from a row. */
export type ResourceRule = z.infer<typeof resource>;
/** The file format of the table. */
export type SourceRule = z.infer<typeof source>;

/** The JSON Schema (2020-12) of mapping files, for editors. */
export function mappingJsonSchema(): object {
  return z.toJSONSchema(mappingShape, { target: "draft-2020-12" });
}
