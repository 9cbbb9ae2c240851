/** Renders the statistics of datasources. */
import type { JsonObject } from "../../../model/json.ts";
import { formatInstant } from "../../../model/time.ts";
import type { Statistics } from "../../../store/index.ts";

const ofType = ({ counts }: Statistics, name: string): number =>
  counts.get("payload_type")?.get(name) ?? 0;

const figuresOf = (statistics: Statistics): JsonObject => ({
  patients: ofType(statistics, "patient"),
  studies: ofType(statistics, "study"),
  series: ofType(statistics, "series"),
  images: ofType(statistics, "image"),
  resources: statistics.resources,
  bytes: statistics.bytes,
});

/** The statistics of a datasource in short. */
export function renderStatistics(statistics: Statistics): JsonObject {
  return {
    datasource_id: statistics.identifier,
    name: statistics.name,
    ...figuresOf(statistics),
    last_updated: formatInstant(statistics.lastUpdated),
  };
}

/** The dimensions of the detailed answer, in its order. */
export const DIMENSIONS = [
  "payload_type",
  "modality",
  "body_part",
  "license",
  "access_level",
  "patient_sex",
  "age_decade",
  "month",
] as const;

/** The statistics of a datasource by all dimensions. */
export function renderDetails(statistics: Statistics): JsonObject {
  return {
    datasource_id: statistics.identifier,
    name: statistics.name,
    totals: figuresOf(statistics),
    ...Object.fromEntries(
      DIMENSIONS.map((name) => [
        `by_${name}`,
        Object.fromEntries(statistics.counts.get(name) ?? []) as JsonObject,
      ]),
    ),
  };
}
