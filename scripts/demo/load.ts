import { isJsonObject, type JsonObject } from "../../src/model/json.ts";
import { type ApiClient, post, ProblemError } from "../../src/cli/support/api-client.ts";
import { text } from "./show.ts";
import { type DemoImage, type DemoPatient, type DemoStudy, makeCohort } from "./cohort.ts";

/** What the demo has created on the server. */
export interface LoadedCohort {
  /** Identifier of the datasource that contains everything else. */
  readonly datasource: string;
  readonly images: readonly LoadedImage[];
  /** Identifier of one of the segmentations. */
  readonly segmentation: string;
  readonly counts: Readonly<Record<string, number>>;
}

/** An image on the server. */
export interface LoadedImage {
  readonly identifier: string;
  readonly payload: JsonObject;
  readonly hasSegmentation: boolean;
}

const LICENSE = "CC0-1.0";

/** The pipeline whose model made the segmentations: what its runs have in common. */
export const PIPELINE = { branch: "main", path: "weights.onnx", kind: "weights" } as const;

/** Runs of the pipeline: one that failed between two that succeeded. */
const RUNS = [
  { commit: "5f1c0de", status: "succeeded" },
  { commit: "77ab012", status: "failed" },
  { commit: "90ffa11", status: "succeeded" },
] as const;

const modelOf = (datasource: string): string => `${datasource}/model/structures`;

/** The artefacts of the pipeline's runs, and the model that the last one made. */
const pipelineOf = (datasource: string): readonly JsonObject[] => {
  const runs = RUNS.map((run, index) => ({
    identifier: `${datasource}/run/${index + 1}`,
    payload_type: "artefact",
    parent_identifier: datasource,
    repo: `${datasource}/pipeline`,
    ...PIPELINE,
    ...run,
  }));
  const model = {
    identifier: modelOf(datasource),
    payload_type: "model",
    parent_identifier: datasource,
    derived_from: [`${datasource}/run/${RUNS.length}`],
    license: LICENSE,
    name: "SYNTHETIC structures",
  };
  return [...runs, model];
};

const isTaken = (error: unknown): boolean =>
  error instanceof ProblemError &&
  [error.code, ...error.errors.map(({ code }) => code)].some(
    (code) => code === "already_exists" || code === "tombstoned",
  );

/** Creates the datasource under the first name that is free, so that every run has its own. */
const createDatasource = async (client: ApiClient): Promise<string> => {
  for (let number = 1; ; number += 1) {
    const identifier = `demo-${number}`;
    const resource = {
      identifier,
      payload_type: "datasource",
      license: LICENSE,
      name: `SYNTHETIC demo cohort ${number}`,
      description: "SYNTHETIC: made up by `npm run demo`. Nobody in it exists.",
    };
    try {
      await post(client, "/resources/create", { resources: [resource] });
      return identifier;
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }
};

const register = async (
  client: ApiClient,
  path: string,
  items: readonly JsonObject[],
): Promise<readonly string[]> => {
  const answer = await post(client, `${path}?or_resolve=true`, { items });
  const identifiers = isJsonObject(answer) ? answer["identifiers"] : undefined;
  if (!Array.isArray(identifiers)) throw new Error(`${path} answered no identifiers`);
  return identifiers as readonly string[];
};

interface PlacedStudy {
  readonly patient: string;
  readonly study: DemoStudy;
}

const segmentationOf = (
  datasource: string,
  parent: string,
  image: DemoImage,
): readonly JsonObject[] => {
  if (image.segmentation === undefined) return [];
  return [
    {
      identifier: `${datasource}/segmentation/${image.segmentation.name}`,
      payload_type: "segmentation",
      parent_identifier: parent,
      derived_from: [`${datasource}/image/${image.name}`, modelOf(datasource)],
      license: LICENSE,
      ...image.segmentation.payload,
    },
  ];
};

/** Series, images and masks of one study in the form of the API. */
const resourcesOf = (datasource: string, parent: string, study: DemoStudy): readonly JsonObject[] =>
  study.series.flatMap((series) => {
    const identifier = `${datasource}/series/${series.name}`;
    const images = series.images.flatMap((image) => [
      {
        identifier: `${datasource}/image/${image.name}`,
        payload_type: "image",
        parent_identifier: identifier,
        license: LICENSE,
        ...image.payload,
      },
      ...segmentationOf(datasource, identifier, image),
    ]);
    return [
      { identifier, payload_type: "series", parent_identifier: parent, ...series.payload },
      ...images,
    ];
  });

const imagesOf = (datasource: string, cohort: readonly DemoPatient[]): readonly LoadedImage[] =>
  cohort
    .flatMap(({ studies }) => studies.flatMap(({ series }) => series))
    .flatMap(({ images }) => images)
    .map(({ name, payload, segmentation }) => ({
      identifier: `${datasource}/image/${name}`,
      payload,
      hasSegmentation: segmentation !== undefined,
    }));

const countTypes = (resources: readonly JsonObject[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { payload_type: type } of resources) {
    if (typeof type === "string") counts[type] = (counts[type] ?? 0) + 1;
  }
  return counts;
};

/** Loads the synthetic cohort below a datasource of its own. */
export const loadCohort = async (client: ApiClient): Promise<LoadedCohort> => {
  const datasource = await createDatasource(client);
  const cohort = makeCohort();
  const patients = await register(
    client,
    "/patients/register",
    cohort.map(({ externalUid, payload }) => ({
      datasource_id: datasource,
      external_uid: externalUid,
      payload,
    })),
  );
  const placed: readonly PlacedStudy[] = cohort.flatMap(({ studies }, index) =>
    studies.map((study) => ({ patient: patients[index] ?? "", study })),
  );
  const studies = await register(
    client,
    "/studies/register",
    placed.map(({ patient, study }) => ({
      patient_identifier: patient,
      external_uid: study.externalUid,
      payload: study.payload,
    })),
  );
  const resources: readonly JsonObject[] = [
    ...pipelineOf(datasource),
    ...placed.flatMap(({ study }, index) => resourcesOf(datasource, studies[index] ?? "", study)),
  ];
  await post(client, "/resources/create", { resources });
  const counts = {
    patient: patients.length,
    study: studies.length,
    ...countTypes(resources),
  };
  const segmentation = resources.find(({ payload_type: type }) => type === "segmentation");
  return {
    datasource,
    images: imagesOf(datasource, cohort),
    segmentation: text(segmentation?.["identifier"] ?? ""),
    counts,
  };
};
