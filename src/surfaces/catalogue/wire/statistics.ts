/** Statistics on the wire, as zod schemas. */
import { z } from "@hono/zod-openapi";
import { asOfQuery, identifier, instant } from "./resource.ts";

const count = z.int().min(0);

const ofType = (type: string) =>
  count.describe(`The number of resources of the payload type \`${type}\`.`);

const figures = {
  patients: ofType("patient"),
  studies: ofType("study"),
  series: ofType("series"),
  images: ofType("image"),
  resources: count.describe(
    "The number of live resources of all types below the datasource that the caller may see.",
  ),
  bytes: count.describe(
    "The sum of the `size_bytes` of these resources: exact up to 2^53 - 1, which stands for larger sums as well.",
  ),
};

/** One element of the response of `/datasources/stats`. */
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

const OF_IMAGES = (what: string) =>
  counts(
    `Images (payload types \`image\` and \`volume\`) by ${what}; \`unknown\` counts those without a value. Studies and series are not counted.`,
  );

/** Response of `/datasources/detailed-stats`; an array of these without `datasource_id`. */
export const DetailedStatistics = z
  .strictObject({
    datasource_id: identifier,
    name: z.string(),
    totals: z.strictObject(figures),
    by_payload_type: counts("Resources of all types by payload type."),
    by_modality: OF_IMAGES("modality"),
    by_body_part: OF_IMAGES("body part"),
    by_license: counts("Resources of all types by licence; `unknown` counts those without one."),
    by_access_level: counts("Resources of all types by access level."),
    by_patient_sex: counts(
      "Patients (payload type `patient`) by sex; `unknown` counts those without a value. Studies and images are not counted.",
    ),
    by_age_decade: OF_IMAGES("decade of the patient's age, e.g. 40-49"),
    by_month: counts("Resources of all types by month of creation in UTC, e.g. 2026-01."),
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

/** Body of `/admin/materialized-views/refresh`. */
export const RefreshRequest = z
  .strictObject({
    full: z
      .boolean()
      .optional()
      .describe("True: everything is recomputed and compared. Default: false."),
  })
  .openapi("RefreshRequest");
