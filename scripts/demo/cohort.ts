import type { JsonObject } from "../../src/model/json.ts";
import { createRandom, type Random } from "./random.ts";

/** A made-up patient with everything below. References are positions within the cohort. */
export interface DemoPatient {
  readonly externalUid: string;
  readonly payload: JsonObject;
  readonly studies: readonly DemoStudy[];
}

/** A made-up examination. */
export interface DemoStudy {
  readonly externalUid: string;
  readonly payload: JsonObject;
  readonly series: readonly DemoSeries[];
}

/** A made-up series; names are unique within the cohort. */
export interface DemoSeries {
  readonly name: string;
  readonly payload: JsonObject;
  readonly images: readonly DemoImage[];
}

/** A made-up image, and the mask that was derived from it, if any. */
export interface DemoImage {
  readonly name: string;
  readonly payload: JsonObject;
  readonly segmentation: { readonly name: string; readonly payload: JsonObject } | undefined;
}

/** The seed of the cohort: every run of the demo has the same made-up people. */
const SEED = 20_240_229;
const PATIENTS = 40;

const FINDINGS = ["Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass", "Nodule"];

/** Kinds of examination, so that modality, part and view match. */
const PROTOCOLS: readonly {
  readonly modality: string;
  readonly bodyPart: string;
  readonly views: readonly string[];
  readonly structure: string;
}[] = [
  { modality: "DX", bodyPart: "CHEST", views: ["PA", "LL"], structure: "Lung" },
  { modality: "DX", bodyPart: "CHEST", views: ["AP"], structure: "Heart" },
  { modality: "CT", bodyPart: "CHEST", views: [], structure: "Lung" },
  { modality: "MR", bodyPart: "BRAIN", views: [], structure: "Ventricles" },
];

const numbered = (number: number): string => String(number).padStart(4, "0");

/** Makes parts of the cohort, numbered throughout. */
const createMaker = (random: Random) => {
  const made = { series: 0, images: 0 };

  const findings = (): readonly string[] => FINDINGS.filter(() => random.chance(0.2));

  const image = (
    protocol: (typeof PROTOCOLS)[number],
    subject: JsonObject,
    view: string | undefined,
  ): DemoImage => {
    made.images += 1;
    const name = numbered(made.images);
    const side = random.pick([512, 1024, 2048]);
    const label = { label: protocol.structure, algorithm_type: "AUTOMATIC" };
    const dice = random.between(700, 990) / 1000;
    return {
      name,
      payload: {
        ...subject,
        modality: protocol.modality,
        body_part_examined: protocol.bodyPart,
        ...(view === undefined ? {} : { view_position: view }),
        finding_labels: findings(),
        rows: side,
        columns: side,
        pixel_spacing_mm: [0.2, 0.2],
        manufacturer: random.pick(["Example Imaging", "Sample Devices"]),
      },
      segmentation: random.chance(0.25)
        ? { name, payload: { ...label, segmentation_type: "BINARY", dice_score: dice } }
        : undefined,
    };
  };

  const series = (protocol: (typeof PROTOCOLS)[number], subject: JsonObject): DemoSeries => {
    made.series += 1;
    const { views } = protocol;
    const slices = Array.from({ length: random.between(2, 4) }, () => undefined);
    const kinds: readonly (string | undefined)[] = views.length > 0 ? views : slices;
    return {
      name: numbered(made.series),
      payload: {
        modality: protocol.modality,
        body_part_examined: protocol.bodyPart,
        series_description: `SYNTHETIC ${protocol.modality} ${protocol.bodyPart}`,
      },
      images: kinds.map((view) => image(protocol, subject, view)),
    };
  };

  return { series };
};

const dateIn = (year: number, random: Random): string => {
  const month = String(random.between(1, 12)).padStart(2, "0");
  return `${year}-${month}-${String(random.between(1, 28)).padStart(2, "0")}`;
};

/** Makes the synthetic cohort: 40 patients with studies, series, images and masks. */
export const makeCohort = (): readonly DemoPatient[] => {
  const random = createRandom(SEED);
  const maker = createMaker(random);
  return Array.from({ length: PATIENTS }, (_patient, index) => {
    const sex = random.pick(["F", "M"]);
    const birthYear = random.between(1935, 2005);
    const firstYear = random.between(2018, 2022);
    const studies = Array.from({ length: random.between(1, 3) }, (_study, visit) => {
      const protocol = random.pick(PROTOCOLS);
      const year = firstYear + visit;
      const subject = { patient_sex: sex, patient_age_years: year - birthYear };
      return {
        externalUid: `visit-${visit + 1}`,
        payload: {
          study_date: dateIn(year, random),
          study_description: "SYNTHETIC",
          modalities_in_study: [protocol.modality],
          ...subject,
        },
        series: Array.from({ length: random.between(1, 2) }, () => maker.series(protocol, subject)),
      };
    });
    return {
      externalUid: `synthetic-${numbered(index + 1)}`,
      payload: { patient_sex: sex, patient_birth_year: birthYear, cohort: "SYNTHETIC" },
      studies,
    };
  });
};
