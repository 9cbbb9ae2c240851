// Datasets for files, and the files read back.
import { parquetReadObjects } from "hyparquet";
import type { Json, JsonObject } from "../../src/model/json.ts";
import type { Client } from "./client.ts";
import { dataset, succeed } from "./scene.ts";

/** A query for the datasets whose identifiers begin so. */
export const below = (prefix: string): JsonObject => ({
  payload_type: "dataset",
  filters: { identifier: { starts_with: prefix } },
});

/** Creates so many datasets. */
export const createMany = (
  owner: Client,
  count: number,
  prefix: string,
  members: JsonObject = {},
): Promise<Json> =>
  succeed(
    owner.post("/resources/create", {
      resources: Array.from({ length: count }, (_, at) =>
        dataset(`${prefix}${String(at).padStart(5, "0")}`, {
          keywords: [`k${at % 7}`],
          ...members,
        }),
      ),
    }),
  );

/** The rows of a Parquet file; instants as microseconds. */
export const readFile = async (buffer: ArrayBuffer): Promise<readonly JsonObject[]> => {
  const file = {
    byteLength: buffer.byteLength,
    slice: (start: number, end?: number) => buffer.slice(start, end),
  };
  const rows = await parquetReadObjects({
    file,
    parsers: { timestampFromMicroseconds: (micros) => micros },
  });
  return rows;
};

/** The identifiers of rows. */
export const identifiersIn = (rows: readonly JsonObject[]): readonly Json[] =>
  rows.map((row) => row["identifier"] ?? null);
