/** The pipelines of a revision's flow, and what each waits for. Pure. */
import { LIMITS } from "../../model/limits.ts";
import type { PipelineKind } from "../builtin/pipeline.ts";
import { refuseSpec } from "./error.ts";
import type { SourceResource, SourceSpec } from "./spec.ts";

/** One pipeline, before it has run. */
export interface PlannedPipeline {
  readonly id: string;
  readonly kind: PipelineKind;
  readonly title: string;
  /** The resource that it works on, or the name of the file that it makes; null for neither. */
  readonly resource: string | null;
  /** Ids of pipelines that have to succeed before. */
  readonly dependencies: readonly string[];
}

const TITLES: Readonly<Record<PipelineKind, string>> = {
  report: "Validating package contents",
  csv: "Creating CSV",
  json: "Creating JSON",
  parquet: "Creating Parquet",
  preview: "Generating views",
  zip: "Creating ZIP",
  copy: "Copying source data",
  package: "Creating Package",
};

/** Name of the package's descriptor, which is stored beside the pipelines' files. */
export const DESCRIPTOR_NAME = "datapackage.json";

const REPORT = "validation_report";

/** The last part of a zip's pipeline. */
const zipArtifact = (file: string): string => file.replaceAll(".", "_");

const ofTable = (
  { name }: SourceResource,
  at: (kind: PipelineKind, artifact: string, waits?: readonly string[]) => PlannedPipeline,
  embedded: boolean,
): readonly PlannedPipeline[] => [
  { ...at("csv", `${name}_csv`), resource: name },
  { ...at("json", `${name}_json`), resource: name },
  ...(embedded ? [{ ...at("parquet", `${name}_parquet`), resource: name }] : []),
  { ...at("preview", `${name}_csv_preview`, [`${name}_csv`]), resource: name },
];

const refuseClashes = (planned: readonly PlannedPipeline[], flowId: string): void => {
  const taken = new Set([`${flowId}/${DESCRIPTOR_NAME}`]);
  for (const { id } of planned) {
    if (taken.has(id)) refuseSpec("resources", "names from which different pipelines follow");
    if (Array.from(id).length > LIMITS.identifierLengthMax) {
      refuseSpec("resources", `names short enough for pipelines of ${LIMITS.identifierLengthMax}`);
    }
    taken.add(id);
  }
};

/**
 * Plans the flow of a revision. Its last pipeline assembles the package, waits for all others, and
 * has the flow's id.
 *
 * @param embedded true: for our own runner, which also makes Parquet.
 * @throws SpecError when names clash.
 */
export function planFlow(
  spec: SourceSpec,
  flowId: string,
  embedded: boolean,
): readonly PlannedPipeline[] {
  const idOf = (artifact: string): string => `${flowId}/${artifact}`;
  const at = (
    kind: PipelineKind,
    artifact: string,
    waits: readonly string[] = [],
  ): PlannedPipeline => ({
    id: idOf(artifact),
    kind,
    title: TITLES[kind],
    resource: null,
    dependencies: waits.map(idOf),
  });
  const tables = spec.resources.filter(({ schema }) => schema !== null);
  const zipped = [REPORT, ...tables.flatMap(({ name }) => [`${name}_csv`, `${name}_json`])];
  const parts = [
    at("report", REPORT),
    ...tables.flatMap((table) => ofTable(table, at, embedded)),
    ...spec.zips.map((file) => ({ ...at("zip", zipArtifact(file), zipped), resource: file })),
    ...spec.resources.map(({ name }) => ({ ...at("copy", name), resource: name })),
  ];
  refuseClashes(parts, flowId);
  const sink: PlannedPipeline = {
    id: flowId,
    kind: "package",
    title: TITLES.package,
    resource: null,
    dependencies: parts.map(({ id }) => id),
  };
  return [...parts, sink];
}
