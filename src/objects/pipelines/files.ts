/** Names and records of the files of a revision. */
import type { JsonObject } from "../../model/json.ts";
import type { PipelineKind } from "../../schema/builtin/pipeline.ts";
import { DESCRIPTOR_NAME } from "../../schema/source/plan.ts";
import type { SourceResource } from "../../schema/source/spec.ts";
import type { Bucket } from "../bucket.ts";
import { inspectObject } from "../verify.ts";
import { reach } from "../reach.ts";
import type { MadeFile } from "../../schema/source/work.ts";
import type { Work } from "./work.ts";

const EXTENSIONS: Readonly<Record<PipelineKind, string>> = {
  report: "json",
  csv: "csv",
  json: "json",
  parquet: "parquet",
  preview: "json",
  zip: "zip",
  copy: "",
  package: "json",
};

/** The extension of a source, from its address or its path. */
const sourceExtension = ({ url, descriptor }: SourceResource): string => {
  const path = typeof descriptor["path"] === "string" ? descriptor["path"] : "";
  const [, found] =
    [path, url.replace(/[?#].*$/s, "")]
      .map((text) => /\.([A-Za-z0-9]{1,16})$/.exec(text))
      .find((match) => match !== null) ?? [];
  return found === undefined ? "" : `.${found.toLowerCase()}`;
};

/** Path of the copy of a source within its revision. */
export function copyPath(resource: SourceResource): string {
  return `archive/${resource.name}${sourceExtension(resource)}`;
}

/** Path of a pipeline's result within its revision; never that of a copy. */
export function madePath(kind: Exclude<PipelineKind, "copy">, artifact: string): string {
  if (kind === "package") return DESCRIPTOR_NAME;
  return kind === "zip" ? `data/${artifact}` : `data/${artifact}.${EXTENSIONS[kind]}`;
}

/** Path of a pipeline's result. */
export function pathOf({ flow, spec, pipeline }: Pick<Work, "flow" | "spec" | "pipeline">): string {
  const { id, kind, resource } = pipeline;
  if (kind === "copy") {
    const source = spec.resources.find(({ name }) => name === resource);
    return source === undefined ? "" : copyPath(source);
  }
  return madePath(kind, kind === "zip" ? (resource ?? "") : id.slice(flow.id.length + 1));
}

/** A file in the bucket. */
export interface FileFacts {
  readonly path: string;
  readonly bytes: number;
  /** SHA-256, hexadecimal. */
  readonly hash: string;
}

/** Reads the metadata of a file that has just been stored. */
export async function factsOf(bucket: Bucket, flowId: string, path: string): Promise<FileFacts> {
  const found = await reach(() => inspectObject(bucket, `${flowId}/${path}`));
  if (found?.sha256 === undefined || found.sha256 === null) {
    throw new Error("A file that was stored is not there.");
  }
  return { path, bytes: found.sizeBytes, hash: found.sha256 };
}

/** The payload type of a file: a table, or a product of the flow. */
const typedPayload = (
  { flow, pipeline }: Work,
  facts: FileFacts,
  mediaType: string,
  rows: number | null,
): Pick<MadeFile, "payloadType" | "payload"> => {
  const object: JsonObject = {
    s3_path: `${flow.id}/${facts.path}`,
    file_name: facts.path.slice(facts.path.lastIndexOf("/") + 1),
    content_type: mediaType,
    size_bytes: facts.bytes,
    sha256: facts.hash,
  };
  const { kind, resource } = pipeline;
  if (kind === "csv" || kind === "parquet") {
    const about = {
      name: resource ?? "",
      format: kind,
      ...(rows === null ? {} : { row_count: rows }),
    };
    return { payloadType: "table", payload: { ...about, ...object } };
  }
  const about = {
    repo: flow.dataset,
    branch: String(flow.number),
    path: facts.path,
    status: "succeeded",
    kind,
  };
  return { payloadType: "artefact", payload: { ...about, ...object } };
};

/** The record of a file: its identifier is its key. */
export function madeFile(
  work: Work,
  facts: FileFacts,
  mediaType: string,
  rows: number | null = null,
): MadeFile {
  return {
    identifier: `${work.flow.id}/${facts.path}`,
    ...typedPayload(work, facts, mediaType, rows),
  };
}

/** Stores a small file in one call. */
export async function storeSmall(
  { bucket, flow }: Work,
  path: string,
  text: string,
  mediaType: string,
): Promise<void> {
  await reach(() => bucket.put(`${flow.id}/${path}`, text, { contentType: mediaType }));
}
