/** Registering payload types, patients and studies, as zod schemas. */
import { z } from "@hono/zod-openapi";
import { identifier, jsonObject } from "./resource.ts";

/** Body of `PUT /schemas/{payload_type}`. */
export const SchemaRequest = z
  .strictObject({
    version: z.string().describe("Semantic version, greater than the newest."),
    json_schema: jsonObject.describe("JSON Schema 2020-12 of the payload."),
    indexes: z.array(z.string()).default([]).describe("Scalar fields that an index serves."),
    defaults: jsonObject.default({}),
    relations: z
      .array(
        z.strictObject({
          dataset: z.string(),
          cardinality: z.string(),
          cascade: z.boolean().optional(),
        }),
      )
      .default([])
      .describe("Related datasets, their cardinality, and whether deletion goes on to them."),
    strict: z
      .boolean()
      .default(true)
      .describe("false admits members that the schema does not name."),
  })
  .openapi("SchemaRequest");

const registration = {
  external_uid: z
    .string()
    .min(1)
    .max(1024)
    .describe("What the source calls it; only a salted digest is kept."),
  payload: jsonObject.optional().describe("Payload fields of the new resource."),
};

const oneOrMany = <T extends z.ZodRawShape>(shape: T) =>
  z.union([z.strictObject(shape), z.strictObject({ items: z.array(z.strictObject(shape)) })]);

/** Body of `/patients/register` and `/patients/resolve`. */
export const PatientRegistration = oneOrMany({
  datasource_id: z.string().describe("A live datasource."),
  ...registration,
}).openapi("PatientRegistration");

/** Body of `/studies/register` and `/studies/resolve`. */
export const StudyRegistration = oneOrMany({
  patient_identifier: z.string().describe("A live patient."),
  ...registration,
}).openapi("StudyRegistration");

/** Answer of a registration: one identifier, or one for each item. */
export const RegistrationResponse = z
  .union([z.strictObject({ identifier }), z.strictObject({ identifiers: z.array(identifier) })])
  .openapi("RegistrationResponse");
