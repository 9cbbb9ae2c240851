import type { z } from "zod";
import type { IndexKey } from "../type.ts";
import * as annotation from "./annotation.ts";
import * as artefact from "./artefact.ts";
import * as dataset from "./dataset.ts";
import * as datasource from "./datasource.ts";
import * as file from "./file.ts";
import * as grant from "./grant.ts";
import * as group from "./group.ts";
import * as harvestRun from "./harvest-run.ts";
import * as harvestSchedule from "./harvest-schedule.ts";
import * as hook from "./hook.ts";
import * as image from "./image.ts";
import * as instrumentAccess from "./instrument-access.ts";
import * as instrument from "./instrument.ts";
import * as membership from "./membership.ts";
import * as model from "./model.ts";
import * as patient from "./patient.ts";
import * as pipeline from "./pipeline.ts";
import * as project from "./project.ts";
import * as report from "./report.ts";
import * as segmentation from "./segmentation.ts";
import * as series from "./series.ts";
import * as sourceRevision from "./source-revision.ts";
import * as sourceSpec from "./source-spec.ts";
import * as serviceAccount from "./service-account.ts";
import * as storageLocation from "./storage-location.ts";
import * as study from "./study.ts";
import * as table from "./table.ts";
import * as transfer from "./transfer.ts";
import * as volume from "./volume.ts";

/** A built-in payload type: its schema, and which of its fields an index serves. */
export interface Builtin {
  readonly payload: z.ZodObject;
  readonly indexes: readonly string[];
  readonly keys?: readonly IndexKey[];
}

/** Every built-in payload type by its name. */
export const BUILTINS = {
  datasource: { payload: datasource.datasource, indexes: datasource.indexes },
  patient: { payload: patient.patient, indexes: patient.indexes },
  study: { payload: study.study, indexes: study.indexes },
  series: { payload: series.series, indexes: series.indexes },
  image: { payload: image.image, indexes: image.indexes },
  volume: { payload: volume.volume, indexes: volume.indexes },
  annotation: { payload: annotation.annotation, indexes: annotation.indexes },
  segmentation: { payload: segmentation.segmentation, indexes: segmentation.indexes },
  report: { payload: report.report, indexes: report.indexes },
  model: { payload: model.model, indexes: model.indexes },
  dataset: { payload: dataset.dataset, indexes: dataset.indexes },
  artefact: { payload: artefact.artefact, indexes: artefact.indexes },
  table: { payload: table.table, indexes: table.indexes },
  group: { payload: group.group, indexes: group.indexes },
  project: { payload: project.project, indexes: project.indexes },
  membership: { payload: membership.membership, indexes: membership.indexes },
  grant: { payload: grant.grant, indexes: grant.indexes, keys: grant.keys },
  source_spec: { payload: sourceSpec.sourceSpec, indexes: sourceSpec.indexes },
  source_revision: { payload: sourceRevision.sourceRevision, indexes: sourceRevision.indexes },
  pipeline: { payload: pipeline.pipeline, indexes: pipeline.indexes },
  instrument: { payload: instrument.instrument, indexes: instrument.indexes },
  storage_location: { payload: storageLocation.storageLocation, indexes: storageLocation.indexes },
  service_account: { payload: serviceAccount.serviceAccount, indexes: serviceAccount.indexes },
  harvest_schedule: { payload: harvestSchedule.harvestSchedule, indexes: harvestSchedule.indexes },
  hook: { payload: hook.hook, indexes: hook.indexes },
  instrument_access: {
    payload: instrumentAccess.instrumentAccess,
    indexes: instrumentAccess.indexes,
    keys: instrumentAccess.keys,
  },
  harvest_run: { payload: harvestRun.harvestRun, indexes: harvestRun.indexes },
  file: { payload: file.file, indexes: file.indexes, keys: file.keys },
  transfer: { payload: transfer.transfer, indexes: transfer.indexes },
} as const satisfies Record<string, Builtin>;

/** Built-in types whose resources the server itself finds by the fields that they declare as indexed. */
export const KEPT_INDEXES: ReadonlySet<string> = new Set(["membership", "artefact"]);

/** Name of a built-in payload type. */
export type BuiltinName = keyof typeof BUILTINS;

/** True for the name of a built-in payload type. */
export function isBuiltinName(name: string): name is BuiltinName {
  return Object.hasOwn(BUILTINS, name);
}
