// Queries as files: exports in each format, and the stream of `POST /query/parquet`.
import fc from "fast-check";
import Papa from "papaparse";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { formatInstant } from "../../../src/model/time.ts";
import { readFile } from "../../support/fixtures/export-files.ts";
import { selected, type QuerySpec } from "../queries.ts";
import { queryIn } from "../read.ts";
import type { QueryBody, Rendered } from "../types.ts";
import { bodyIn, querySpecs, sentBody } from "./queries.ts";
import { agreeing, readsOf, type Reading } from "./reading.ts";
import { PART_TYPES, type Party, type Snapshot } from "./world.ts";

/** A query and the format of its file. */
export interface FileSpec {
  readonly query: QuerySpec;
  readonly as: "csv" | "ndjson" | "parquet" | "stream";
}

/** The rows of a file, or the status of an error response. */
type File = number | readonly JsonObject[];

const INSTANTS = new Set(["created_at", "updated_at"]);
for (const type of Object.values(PART_TYPES)) {
  for (const [name, { kind }] of Object.entries(type)) if (kind === "datetime") INSTANTS.add(name);
}

/** Members that a response always has, even if they are null. */
const ALWAYS = new Set(["parent_identifier", "license"]);

const plain = (name: string, value: unknown): Json => {
  if (INSTANTS.has(name)) return formatInstant(Number(value));
  return typeof value === "bigint" ? Number(value) : (value as Json);
};

/** The rows of a Parquet file in the format of a response. */
const rowsIn = async (buffer: ArrayBuffer): Promise<readonly JsonObject[]> =>
  (await readFile(buffer)).map((row) =>
    Object.fromEntries(
      Object.entries(row).flatMap(([name, value]): [string, Json][] => {
        if (value !== null && value !== undefined) return [[name, plain(name, value)]];
        return ALWAYS.has(name) ? [[name, null]] : [];
      }),
    ),
  );

const linesIn = (text: string): readonly JsonObject[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as JsonObject);

const tableIn = (text: string): readonly JsonObject[] =>
  Papa.parse<JsonObject>(text, { header: true, skipEmptyLines: true }).data;

const cellOf = (value: Json | undefined): string => {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
};

/** A row as a line of a table with these columns; a member without a column is kept and fails the test. */
const lineOf = (row: JsonObject, columns: readonly string[]): JsonObject => ({
  ...Object.fromEntries(Object.entries(row).map(([name, value]) => [name, cellOf(value)])),
  ...Object.fromEntries(columns.map((name) => [name, cellOf(row[name])])),
});

const stream = async ({ download }: Party, body: JsonObject): Promise<File> => {
  const response = await download("POST", "/query/parquet", body);
  const buffer = await response.arrayBuffer();
  return response.status === 200 ? rowsIn(buffer) : response.status;
};

const exported = async (
  { client, watched, download }: Party,
  query: JsonObject,
  format: "csv" | "ndjson" | "parquet",
): Promise<File> => {
  const ordered = await watched.post("/exports", { query, format });
  if (ordered.status !== 202) return ordered.status;
  const { body } = await client.get(ordered.headers.get("location") ?? "");
  const { url, state } = body as JsonObject;
  if (state !== "succeeded") throw new Error(JSON.stringify(body));
  const { pathname, search } = new URL(String(url));
  const file = await download("GET", `${pathname}${search}`);
  const buffer = await file.arrayBuffer();
  if (format === "parquet") return rowsIn(buffer);
  const text = new TextDecoder().decode(buffer);
  return format === "csv" ? tableIn(text) : linesIn(text);
};

const rowsOf = (
  { world, party }: Reading,
  body: QueryBody,
  limit: number | undefined,
  { state }: Snapshot,
): readonly Rendered[] | undefined =>
  queryIn(world.store, party.actor, body, state)
    ?.slice(0, limit)
    .map((row) => selected(row, body.select_columns));

/** Reads a query as a file. */
export const files = readsOf(
  "files",
  fc.record<FileSpec>({
    query: querySpecs,
    as: fc.constantFrom("csv", "ndjson", "parquet", "stream"),
  }),
  async (reading, { query: spec, as }) => {
    const body = bodyIn(reading.world, spec);
    const limit = spec.limit === undefined ? {} : { limit: spec.limit };
    const { answer, states } = await reading.ask((party, asOf) => {
      const sent = { ...sentBody(body, asOf), ...limit };
      return as === "stream" ? stream(party, sent) : exported(party, sent, as);
    });
    const columns = as === "csv" && typeof answer !== "number" ? Object.keys(answer[0] ?? {}) : [];
    const modelOf = (snapshot: Snapshot): File => {
      if (as !== "stream" && reading.who === "nobody") return 401;
      const rows = rowsOf(reading, body, spec.limit, snapshot);
      if (rows === undefined) return 404;
      return as === "csv" ? rows.map((row) => lineOf(row, columns)) : rows;
    };
    agreeing(states, modelOf, answer, as);
  },
);
