/** Decisions that create a revision of a dataset: by an upload or by its schedule. Pure. */
import { isJsonObject, type JsonObject } from "../../model/json.ts";
import { LIMITS } from "../../model/limits.ts";
import { payloadOf } from "../../model/resource.ts";
import { formatInstant, parseInstant } from "../../model/time.ts";
import type { Change } from "../../model/transaction.ts";
import type { Findability } from "../../schema/builtin/source-spec.ts";
import { SpecError } from "../../schema/source/error.ts";
import { datasetIdOf, flowIdOf } from "../../schema/source/ids.ts";
import { planFlow } from "../../schema/source/plan.ts";
import { nextRun, parseSchedule } from "../../schema/source/schedule.ts";
import { readSpec, type SourceSpec } from "../../schema/source/spec.ts";
import type { Decision, Known } from "../write/decision.ts";
import type { LoadedRow } from "../write/row.ts";
import { ACCESS, pendingPipeline, liveRow } from "./records.ts";

/** The response to the upload of a specification. */
export interface Uploaded {
  readonly success: boolean;
  readonly dataset_id: string | null;
  readonly flow_id: string | null;
  readonly errors: readonly string[];
}

/** An upload whose owner is authenticated. */
export interface SpecUpload {
  readonly spec: JsonObject;
  readonly ownerId: string;
  readonly dataset: string;
  /** The number of datasets that the owner may have. */
  readonly datasetsMax: number;
  /** True: the embedded runner runs the pipelines. */
  readonly isEmbedded: boolean;
}

const MICROS = 1_000_000;

/** The sequence that counts the datasets of an owner. Datasets are never removed. */
const countOf = (ownerId: string): string => `sources ${ownerId}`;

/** The specification with the instant of its upload in `meta.update_time`. */
const stamped = (spec: JsonObject, now: number): JsonObject => ({
  ...spec,
  meta: {
    ...(isJsonObject(spec["meta"]) ? spec["meta"] : {}),
    update_time: formatInstant(now),
  },
});

const licenseOf = (descriptor: JsonObject): string | null => {
  const [first] = Array.isArray(descriptor["licenses"]) ? descriptor["licenses"] : [];
  const named: unknown = isJsonObject(first) ? (first["name"] ?? first["path"]) : undefined;
  const [text] = [named, descriptor["license"]].filter((each) => typeof each === "string");
  return text === undefined ? null : text.slice(0, 256);
};

/** The instant of the next scheduled run as text. The schedule is in seconds. */
const scheduledFor = (spec: JsonObject, planned: unknown, now: number): string | null => {
  const period = parseSchedule(spec["schedule"]);
  const before = typeof planned === "string" ? (parseInstant(planned) ?? null) : null;
  const next = nextRun(period === null ? null : period * MICROS, before, now);
  return next === null ? null : formatInstant(next);
};

/** A dataset is listed as published only after its first success. */
const listedAs = (findability: Findability, successful: unknown): Findability =>
  findability === "published" && typeof successful !== "number" ? "unlisted" : findability;

interface Revising {
  readonly known: Known;
  readonly spec: JsonObject;
  readonly isEmbedded: boolean;
  readonly trigger: "upload" | "schedule";
  readonly dataset: LoadedRow | undefined;
}

const datasetChange = (
  { known, spec, dataset, trigger }: Revising,
  read: SourceSpec,
  number: number,
): Change => {
  const before = dataset === undefined ? {} : payloadOf(dataset);
  const { now } = known.source;
  const { schedule = null } = spec;
  const payload = {
    owner_id: read.ownerId,
    dataset: read.dataset,
    owner_name: read.ownerName,
    findability: read.findability,
    listed_as: listedAs(read.findability, before["successful"]),
    schedule,
    // The run that is due now is this one: plan the next one after it.
    scheduled_for: scheduledFor(
      spec,
      before["scheduled_for"],
      trigger === "schedule" ? now + 1 : now,
    ),
    modified_at: formatInstant(now),
    latest: number,
  };
  const identifier = datasetIdOf(read.ownerId, read.dataset);
  const accessLevel = ACCESS[read.findability];
  if (dataset !== undefined) return { kind: "update", identifier, accessLevel, payload };
  return {
    kind: "create",
    identifier,
    payloadType: "source_spec",
    parentIdentifier: null,
    derivedFrom: [],
    license: null,
    accessLevel,
    payload: { ...payload, certified: false },
  };
};

const latestOf = (dataset: LoadedRow | undefined): number =>
  dataset === undefined ? 0 : Number(payloadOf(dataset)["latest"]);

const requireSmall = (spec: JsonObject): void => {
  const bytes = new TextEncoder().encode(JSON.stringify(spec)).length;
  if (bytes > LIMITS.specBytesMax) {
    throw new SpecError(`the specification has ${bytes} bytes, at most ${LIMITS.specBytesMax} fit`);
  }
};

/** The changes of a new revision: dataset, revision and pipelines. */
const revise = (revising: Revising): { readonly flowId: string; readonly changes: Change[] } => {
  const { known, spec, isEmbedded, trigger, dataset } = revising;
  requireSmall(spec);
  const read = readSpec(spec);
  const datasetId = datasetIdOf(read.ownerId, read.dataset);
  const latest = latestOf(dataset);
  const flowId = flowIdOf(datasetId, latest + 1);
  const planned = planFlow(read, flowId, isEmbedded);
  const license = licenseOf(read.descriptor);
  const made = { license, accessLevel: ACCESS[read.findability], kind: "create" as const };
  const sink = planned.find(({ id }) => id === flowId);
  const revision: Change = {
    ...made,
    identifier: flowId,
    payloadType: "source_revision",
    parentIdentifier: datasetId,
    derivedFrom: latest === 0 ? [] : [flowIdOf(datasetId, latest)],
    payload: {
      number: latest + 1,
      status: "pending",
      findability: read.findability,
      spec: stamped(spec, known.source.now),
      errors: [],
      pipelines: {},
      sink: sink === undefined ? {} : pendingPipeline(sink),
      trigger,
    },
  };
  const pipelines = planned
    .filter(({ id }) => id !== flowId)
    .map((each): Change => ({
      ...made,
      identifier: each.id,
      payloadType: "pipeline",
      parentIdentifier: flowId,
      derivedFrom: [],
      payload: pendingPipeline(each),
    }));
  return { flowId, changes: [datasetChange(revising, read, latest + 1), revision, ...pipelines] };
};

const failedUpload = (datasetId: string, error: string): Uploaded => ({
  success: false,
  dataset_id: datasetId,
  flow_id: null,
  errors: [error],
});

/** The decision for an invalid upload: nothing is written. */
const withError = (datasetId: string, error: string) => ({
  changes: [],
  answer: { ...failedUpload(datasetId, error) },
});

/** The message of a validation error; other errors are thrown on. */
const messageOf = (error: unknown): string => {
  if (error instanceof SpecError) return `Validation failed: ${error.message}.`;
  throw error;
};

const scheduleError = (spec: JsonObject): string | null => {
  try {
    parseSchedule(spec["schedule"]);
    return null;
  } catch (error) {
    if (error instanceof SpecError) return `The schedule cannot be read: ${error.message}.`;
    throw error;
  }
};

/** Why the store would not write a valid revision. */
const storeError = ({ refused: found }: Known): string | undefined => {
  const [details] = found.values();
  const detail = details?.[0];
  return detail && `Validation failed: ${detail.identifier ?? ""}: ${detail.detail}`;
};

const decideUpload = (upload: SpecUpload, known: Known): ReturnType<Decision["decide"]> => {
  const { spec, ownerId, isEmbedded, datasetsMax } = upload;
  const datasetId = datasetIdOf(ownerId, upload.dataset);
  const dataset = liveRow(known.rows, datasetId, "source_spec");
  const count = known.sequences.get(countOf(ownerId)) ?? 0;
  if (dataset === undefined && count >= datasetsMax) {
    const error = `The plan's maximum number of datasets (${datasetsMax}) would be exceeded.`;
    return withError(datasetId, error);
  }
  const isHarvested = known.prefixes.get(ownerId)?.harvest === true;
  if (dataset === undefined && isHarvested) {
    return withError(
      datasetId,
      "Harvested files lie below the owner's id: it cannot own datasets.",
    );
  }
  const error = scheduleError(spec) ?? storeError(known);
  if (error !== undefined) return withError(datasetId, error);
  try {
    const made = revise({ known, spec, isEmbedded, trigger: "upload", dataset });
    if (dataset === undefined) known.source.next(countOf(ownerId), 1);
    const claims = dataset === undefined ? { sources: [ownerId] } : {};
    const answer = { success: true, dataset_id: datasetId, flow_id: made.flowId, errors: [] };
    return { changes: made.changes, claims, answer };
  } catch (thrown) {
    return withError(datasetId, messageOf(thrown));
  }
};

/** What every new revision of a dataset loads. */
const revisionSubject = (datasetId: string) => ({
  payloadType: "source_spec",
  identifiers: [datasetId],
  condition: null,
  sequences: [],
  following: [{ identifier: datasetId, member: "latest" }],
  parents: [datasetId],
});

/** The decision of an upload. Its answer is an `Uploaded`: the new revision, or the errors. */
export function uploadDecision(upload: SpecUpload): Decision {
  const datasetId = datasetIdOf(upload.ownerId, upload.dataset);
  return {
    actions: ["create", "update"],
    subject: () => ({
      ...revisionSubject(datasetId),
      sequences: [countOf(upload.ownerId)],
      prefixes: [upload.ownerId],
    }),
    decide: (known) => decideUpload(upload, known),
  };
}

const isDue = (dataset: LoadedRow, now: number): boolean => {
  const { scheduled_for: planned } = payloadOf(dataset);
  const instant = typeof planned === "string" ? parseInstant(planned) : undefined;
  return instant !== undefined && instant <= now;
};

/**
 * The decision of a scheduled run: a new revision of the last specification, if it is still due. Its
 * answer is the id of the revision; null when a concurrent call has created it already.
 */
export function scheduleDecision(datasetId: string, isEmbedded: boolean): Decision {
  return {
    actions: ["create", "update"],
    subject: () => revisionSubject(datasetId),
    decide: (known) => {
      const dataset = liveRow(known.rows, datasetId, "source_spec");
      if (dataset === undefined || !isDue(dataset, known.source.now)) {
        return { changes: [], answer: null };
      }
      const last = known.rows.get(flowIdOf(datasetId, latestOf(dataset)));
      const spec = last === undefined ? undefined : payloadOf(last)["spec"];
      const error = storeError(known);
      if (!isJsonObject(spec) || error !== undefined) {
        throw new SpecError(error ?? "The last revision cannot be read.");
      }
      const made = revise({ known, spec, isEmbedded, trigger: "schedule", dataset });
      return { changes: made.changes, answer: made.flowId };
    },
  };
}
