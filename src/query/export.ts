import type { JsonObject } from "../model/json.ts";
import type { InstantMicros } from "../model/time.ts";
import type { Query } from "./query.ts";

/** The formats of exports. */
export const EXPORT_FORMATS = ["parquet", "csv", "ndjson"] as const;

/** One of the formats. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** All rows of a query in one state, to be written as one file. Plain data: it can be stored. */
export interface Extract {
  /** Its state is a transaction or a past instant, so that every page reads the same state. */
  readonly query: Query;
  /** The most rows to write; null for all. */
  readonly limit: number | null;
  /** The members to write; null for all. */
  readonly columns: readonly string[] | null;
  /** The request's body, which the file records as its origin. */
  readonly request: JsonObject;
  /** The instant of the state. */
  readonly asOf: InstantMicros;
}
