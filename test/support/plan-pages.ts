// Pages in the order of an index.
import type { JsonObject } from "../../src/model/json.ts";

/** Rows of a page. */
export const PAGE = 100;

/** A query of images. */
export const images = (members: JsonObject): JsonObject => ({
  payload_type: "image",
  limit: PAGE,
  ...members,
});

/** Pages that an index returns in order, from the right place on. */
export const ORDERED_PAGES: readonly (readonly [string, JsonObject])[] = [
  ["newest first", images({})],
  ["oldest first", images({ sort_order: "asc" })],
  ["by an indexed field, ascending", images({ sort_by: "patient_age_years", sort_order: "asc" })],
  ["by an indexed field, descending", images({ sort_by: "patient_age_years" })],
  ["by an indexed text", images({ sort_by: "modality", sort_order: "asc" })],
  ["an indexed value, newest first", images({ filters: { modality: "CT" } })],
  [
    "a range of an indexed field in its order",
    images({ filters: { patient_age_years: { gte: 40, lt: 60 } }, sort_by: "patient_age_years" }),
  ],
  [
    "an indexed field above a bound in its order",
    images({
      filters: { patient_age_years: { gt: 40 } },
      sort_by: "patient_age_years",
      sort_order: "asc",
    }),
  ],
  ["of all payload types, newest first", { limit: PAGE }],
];
