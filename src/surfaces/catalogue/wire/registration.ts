/** Registering payload types, patients and studies, as zod schemas. */
import { z } from "@hono/zod-openapi";
import { identifier, jsonObject } from "./resource.ts";

/** Body of `PUT /schemas/{payload_type}`. */
export const SchemaRequest = z
  .strictObject({
    version: z.string().describe("The semantic version. It must be greater than the newest one."),
    json_schema: jsonObject.describe("The JSON Schema (draft 2020-12) of the payload."),
    indexes: z.array(z.string()).default([]).describe("The scalar fields that get an index."),
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
      .describe(
        "The related datasets, with their cardinality and with whether a deletion cascades to them.",
      ),
    strict: z
      .boolean()
      .default(true)
      .describe("False allows members that the schema does not name."),
  })
  .openapi("SchemaRequest");

const registration = {
  external_uid: z
    .string()
    .min(1)
    .max(1024)
    .describe("The identifier that the source uses. The server stores only a salted digest of it."),
  payload: jsonObject.optional().describe("The payload fields of the new resource."),
};

const oneOrMany = <T extends z.ZodRawShape>(shape: T) =>
  z.union([z.strictObject(shape), z.strictObject({ items: z.array(z.strictObject(shape)) })]);

/** Body of `/patients/register` and `/patients/resolve`. */
export const PatientRegistration = oneOrMany({
  datasource_id: z.string().describe("The identifier of a live datasource."),
  ...registration,
}).openapi("PatientRegistration");

/** Body of `/studies/register` and `/studies/resolve`. */
export const StudyRegistration = oneOrMany({
  patient_identifier: z.string().describe("The identifier of a live patient."),
  ...registration,
}).openapi("StudyRegistration");

/** A checked body of either. */
export type RegistrationBody =
  | z.infer<typeof PatientRegistration>
  | z.infer<typeof StudyRegistration>;

/** Answer of a registration: one identifier, or one for each item. */
export const RegistrationResponse = z
  .union([z.strictObject({ identifier }), z.strictObject({ identifiers: z.array(identifier) })])
  .openapi("RegistrationResponse");
