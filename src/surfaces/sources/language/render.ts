/** Revisions and flows as callers see them. Pure. */
import type { JsonObject } from "../../../model/json.ts";
import type { RunStatus } from "../../../schema/builtin/source-revision.ts";
import { OUTWARD } from "../../../schema/source/flow.ts";
import type { FlowAnswer, SourceStatus } from "../../../store/index.ts";

const inOlderWords = (status: FlowAnswer["status"]): string => {
  if (status === "success") return "success";
  return status === "pending" || status === "running" ? "pending" : "fail";
};

/** The state of a flow after an event. */
export function renderFlow({ status, id, errors }: FlowAnswer): JsonObject {
  return {
    status,
    id,
    errors,
    success: inOlderWords(status),
  };
}

/** A revision as its status shows it. */
export function renderStatus({ id, dataset, revision }: SourceStatus): JsonObject {
  const about = JSON.parse(dataset) as JsonObject;
  const found = JSON.parse(revision) as JsonObject;
  return {
    id,
    spec_contents: found["spec"] ?? {},
    modified: about["modified_at"] ?? null,
    state: OUTWARD[found["status"] as RunStatus],
    logs: found["logs"] ?? null,
    error_log: found["errors"] ?? [],
    stats: found["stats"] ?? null,
    pipelines: found["pipelines"] ?? {},
    certified: about["certified"] === true,
  };
}
