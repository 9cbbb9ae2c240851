/** Statistics on the wire, as zod schemas. */
import { z } from "@hono/zod-openapi";
import { asOfQuery, identifier, instant } from "./resource.ts";

const count = z.int().min(0);

const figures = {
  patients: count,
  studies: count,
  series: count,
  images: count,
  resources: count.describe(
    "The number of live resources of all types below the datasource that the caller may see.",
  ),
  bytes: count.describe("The sum of the `size_bytes` of these resources."),
};

/** One element of the answer of `/datasources/stats`. */
export const DatasourceStatistics = z
  .strictObject({
    datasource_id: identifier,
    name: z.string(),
    ...figures,
    last_updated: instant.describe(
      "The instant at which the datasource or a counted resource last changed.",
    ),
  })
  .openapi("DatasourceStatistics");

const counts = (description: string) => z.record(z.string(), count).describe(description);

const OF_FIELD =
  "over the resources that have a value; `unknown` counts those of a built-in type with the field but without a value";

/** Answer of `/datasources/detailed-stats`; an array of these without `datasource_id`. */
export const DetailedStatistics = z
  .strictObject({
    datasource_id: identifier,
    name: z.string(),
    totals: z.strictObject(figures),
    by_payload_type: counts("Resources by payload type."),
    by_modality: counts(`Resources by modality, ${OF_FIELD}.`),
    by_body_part: counts(`Resources by body part, ${OF_FIELD}.`),
    by_license: counts("Resources by licence."),
    by_access_level: counts("Resources by access level."),
    by_patient_sex: counts(`Resources by the patient's sex, ${OF_FIELD}.`),
    by_age_decade: counts(`Resources by decade of the patient's age, e.g. 40-49, ${OF_FIELD}.`),
    by_month: counts("Resources by month of creation in UTC, e.g. 2026-01."),
  })
  .openapi("DetailedStatistics");

/** Query of `/datasources/detailed-stats`. */
export const detailedQuery = asOfQuery.extend({
  datasource_id: z
    .string()
    .optional()
    .describe(
      "The identifier of a datasource. Without it the response is an array of all datasources.",
    ),
});
