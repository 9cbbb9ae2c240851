/** Data Package descriptors of the results of a flow. Pure. */
import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import { formatInstant } from "../../model/time.ts";
import type { PipelineKind } from "../../schema/builtin/pipeline.ts";
import { copyPath, madePath } from "./files.ts";
import type { WorkPipeline } from "../../schema/source/work.ts";
import type { Work } from "./work.ts";

/** How the files of each kind are declared. */
const DECLARED: Readonly<Record<Exclude<PipelineKind, "package">, JsonObject>> = {
  report: { format: "json", mediatype: "application/json" },
  csv: { format: "csv", mediatype: "text/csv", encoding: "utf-8" },
  json: { format: "json", mediatype: "application/json" },
  parquet: { format: "parquet", mediatype: "application/vnd.apache.parquet" },
  preview: { format: "json", mediatype: "application/json" },
  zip: { format: "zip", mediatype: "application/zip" },
  copy: { mediatype: "application/octet-stream" },
};

/** The name of a kind of file in the `datahub` section of its resource. */
const DERIVED: Readonly<Record<Exclude<PipelineKind, "package">, string>> = {
  report: "derived/report",
  csv: "derived/csv",
  json: "derived/json",
  parquet: "derived/parquet",
  preview: "derived/preview",
  zip: "derived/zip",
  copy: "original",
};

/** Canonical fields: values that were written in another format have the default one now. */
const PLAIN_FORMATS = new Set(["date", "time", "datetime"]);
const READING = [
  "decimalChar",
  "groupChar",
  "bareNumber",
  "trueValues",
  "falseValues",
  "missingValues",
];

const plainField = (field: Json): Json => {
  if (!isJsonObject(field)) return field;
  const isPlain = typeof field["type"] === "string" && PLAIN_FORMATS.has(field["type"]);
  const left = isPlain ? [...READING, "format"] : READING;
  return Object.fromEntries(Object.entries(field).filter(([name]) => !left.includes(name)));
};

/** The schema of a table as it was written. */
const writtenSchema = (schema: JsonObject): JsonObject => {
  const { fields, missingValues: _missing, ...others } = schema;
  const list = Array.isArray(fields) ? (fields as readonly Json[]) : [];
  return { ...others, fields: list.map(plainField) };
};

const artifactOf = ({ flow }: Work, { id }: WorkPipeline): string => id.slice(flow.id.length + 1);

const entryOf = (work: Work, pipeline: WorkPipeline): JsonObject | null => {
  const { kind, resource, stats } = pipeline;
  if (kind === "package") return null;
  const source = work.spec.resources.find(({ name }) => name === resource);
  const artifact = artifactOf(work, pipeline);
  const isTable = kind === "csv" || kind === "parquet";
  const path =
    kind === "copy"
      ? source === undefined
        ? ""
        : copyPath(source)
      : madePath(kind, kind === "zip" ? (resource ?? "") : artifact);
  return {
    // A copy has the name of its source; a conversion has the name of its pipeline.
    name: artifact,
    path,
    ...DECLARED[kind],
    bytes: stats["bytes"] ?? 0,
    hash: `sha256:${stats["hash"] as string}`,
    ...(stats["count_of_rows"] === undefined ? {} : { rowcount: stats["count_of_rows"] }),
    ...(isTable && source?.schema ? { schema: writtenSchema(source.schema) } : {}),
    datahub: {
      type: DERIVED[kind],
      ...(source === undefined ? {} : { derivedFrom: [source.name] }),
    },
  };
};

const entries = (work: Work, kinds: ReadonlySet<PipelineKind> | null): readonly JsonObject[] =>
  work.flow.pipelines
    .filter(({ kind }) => kinds === null || kinds.has(kind))
    .map((each) => entryOf(work, each))
    .filter((each) => each !== null);

const ABOUT = new Set(["name", "title", "description", "licenses", "license", "sources"]);

/** The descriptor in a zip. */
export function describeZip(work: Work): JsonObject {
  return {
    ...Object.fromEntries(Object.entries(work.spec.descriptor).filter(([name]) => ABOUT.has(name))),
    resources: entries(work, new Set(["report", "csv", "json"])),
  };
}

/** Sums of a package. */
export interface Totals {
  readonly bytes: number;
  readonly rows: number;
  readonly hash: string;
}

/** The descriptor of the whole package: the specification with its results. */
export function describePackage(
  work: Work,
  digest: (text: string) => string,
  modified: string,
): { readonly descriptor: JsonObject; readonly totals: Totals } {
  const { flow, spec } = work;
  const resources = entries(work, null);
  const sum = (member: string, of: readonly JsonObject[]): number =>
    of.reduce((total, each) => total + Number(each[member] ?? 0), 0);
  const tables = flow.pipelines.filter(({ kind }) => kind === "csv");
  const lines = resources.map(({ path, hash }) => `${path as string} ${hash as string}\n`);
  const totals: Totals = {
    bytes: sum("bytes", resources),
    rows: sum(
      "count_of_rows",
      tables.map(({ stats }) => stats),
    ),
    hash: digest(lines.join("")),
  };
  const descriptor = {
    ...spec.descriptor,
    resources,
    datahub: {
      owner: spec.ownerName,
      ownerid: spec.ownerId,
      findability: flow.findability,
      flowid: flow.id,
      modified,
      created: formatInstant(flow.createdAt),
      stats: { bytes: totals.bytes, rowcount: totals.rows },
      hash: totals.hash,
    },
  };
  return { descriptor, totals };
}
