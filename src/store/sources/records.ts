/** Datasets, revisions and pipelines of the sources surface as rows of the store, and back. Pure. */
import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import type { PipelineKind } from "../../schema/builtin/pipeline.ts";
import type { RunStatus } from "../../schema/builtin/source-revision.ts";
import type { Findability } from "../../schema/builtin/source-spec.ts";
import type { FlowPipeline } from "../../schema/source/flow.ts";
import type { AccessLevel } from "../../model/resource.ts";
import type { LoadedRow } from "../write/row.ts";

/** The access level of each findability. */
export const ACCESS: Readonly<Record<Findability, AccessLevel>> = {
  published: "public",
  unlisted: "internal",
  private: "restricted",
};

/** The row, if it is live and of the payload type. */
export function liveRow(
  rows: ReadonlyMap<string, LoadedRow>,
  identifier: string,
  payloadType: string,
): LoadedRow | undefined {
  const row = rows.get(identifier);
  return row?.payload_type === payloadType && row.is_deleted === 0 ? row : undefined;
}

const textsOf = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? (value as readonly string[]) : [];

const objectOf = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {});

/** A pipeline's state in the payload of its row, or of the sink within its revision. */
export function flowPipelineOf(id: string, payload: JsonObject): FlowPipeline {
  return {
    id,
    title: payload["title"] as string,
    // Stored with a leading ./ as other pipeline services expect.
    dependencies: textsOf(payload["dependencies"]).map((each) => each.replace(/^\.\//, "")),
    status: payload["status"] as RunStatus,
    isReported: payload["is_reported"] === true,
    errors: textsOf(payload["errors"]),
    stats: objectOf(payload["stats"]),
  };
}

/** The payload of a pipeline that has not run yet. */
export function pendingPipeline(planned: {
  readonly title: string;
  readonly kind: PipelineKind;
  readonly resource: string | null;
  readonly dependencies: readonly string[];
}): JsonObject {
  return {
    title: planned.title,
    kind: planned.kind,
    status: "pending",
    ...(planned.resource === null ? {} : { resource: planned.resource }),
    dependencies: planned.dependencies.map((each) => `./${each}`),
    errors: [],
    stats: {},
    is_reported: false,
  };
}
