/** Requests that register payload types, patients and studies, as zod schemas. */
import { z } from "@hono/zod-openapi";
import { identifier, jsonObject, reasonMember } from "./resource.ts";

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
    reason: reasonMember,
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

/** One item, or several; `whole` are members of the body beside them. */
const oneOrMany = <T extends z.ZodRawShape, W extends z.ZodRawShape>(shape: T, whole: W) =>
  z.union([
    z.strictObject({ ...shape, ...whole }),
    z.strictObject({ items: z.array(z.strictObject(shape)), ...whole }),
  ]);

const patient = {
  datasource_id: z.string().describe("The identifier of a live datasource."),
  ...registration,
};

const study = {
  patient_identifier: z.string().describe("The identifier of a live patient."),
  ...registration,
};

const written = { reason: reasonMember };

/** Body of `/patients/register`. */
export const PatientRegistration = oneOrMany(patient, written).openapi("PatientRegistration");

/** Body of `/patients/resolve`. */
export const PatientResolution = oneOrMany(patient, {}).openapi("PatientResolution");

/** Body of `/studies/register`. */
export const StudyRegistration = oneOrMany(study, written).openapi("StudyRegistration");

/** Body of `/studies/resolve`. */
export const StudyResolution = oneOrMany(study, {}).openapi("StudyResolution");

/** A checked body of a registration. */
export type RegistrationBody =
  | z.infer<typeof PatientRegistration>
  | z.infer<typeof StudyRegistration>;

/** A checked body that resolves identifiers. */
export type ResolutionBody = z.infer<typeof PatientResolution> | z.infer<typeof StudyResolution>;

/** Response of a registration: one identifier, or one for each item. */
export const RegistrationResponse = z
  .union([z.strictObject({ identifier }), z.strictObject({ identifiers: z.array(identifier) })])
  .openapi("RegistrationResponse");
