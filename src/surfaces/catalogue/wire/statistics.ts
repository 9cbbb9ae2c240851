/** Statistics on the wire, as zod schemas. */
import { z } from "@hono/zod-openapi";
import { asOfQuery, identifier, instant } from "./resource.ts";

const count = z.int().min(0);

const figures = {
  patients: count,
  studies: count,
  series: count,
  images: count,
  resources: count.describe("Live, visible resources below the datasource, of any type."),
  bytes: count.describe("Sum of the `size_bytes` of these resources."),
};

/** One element of the answer of `/datasources/stats`. */
export const DatasourceStatistics = z
  .strictObject({
    datasource_id: identifier,
    name: z.string(),
    ...figures,
    last_updated: instant.describe("When the datasource or anything counted last changed."),
  })
  .openapi("DatasourceStatistics");

const counts = (description: string) => z.record(z.string(), count).describe(description);

const OF_FIELD =
  "over the resources that hold the field, and as `unknown` those of a built-in type that has it";

/** Answer of `/datasources/detailed-stats`; an array of these without `datasource_id`. */
export const DetailedStatistics = z
  .strictObject({
    datasource_id: identifier,
    name: z.string(),
    totals: z.strictObject(figures),
    by_payload_type: counts("Resources by payload type."),
    by_modality: counts(`By modality, ${OF_FIELD}.`),
    by_body_part: counts(`By body part, ${OF_FIELD}.`),
    by_license: counts("By licence."),
    by_access_level: counts("By access level."),
    by_patient_sex: counts(`By patient's sex, ${OF_FIELD}.`),
    by_age_decade: counts(`By decade of the patient's age, e.g. 40-49, ${OF_FIELD}.`),
    by_month: counts("By month of creation, UTC, e.g. 2026-01."),
  })
  .openapi("DetailedStatistics");

/** Query of `/datasources/detailed-stats`. */
export const detailedQuery = asOfQuery.extend({
  datasource_id: z.string().optional().describe("One datasource; absent: an array of all."),
});
