/** The benchmark's data: images with a history, the same on every machine and in every run. */
import { createHash } from "node:crypto";
import { createRandom } from "../demo/random.ts";

/** How much data there is. */
export interface CohortSize {
  /** Images; a multiple of `UPDATES_PER_TRANSACTION`. */
  readonly images: number;
  /** Versions of each image, the current one included. */
  readonly versionsEach: number;
  readonly patients: number;
}

/** The members of an image's payload, as in requests and responses of the API. */
export type Payload = Readonly<Record<string, unknown>>;

/** A transaction of the history: all rows of one batch share it. */
export interface Moment {
  readonly id: number;
  /** Microseconds since 1970. */
  readonly recordedAt: number;
}

/** Images that one transaction of the history creates or updates. */
export const UPDATES_PER_TRANSACTION = 1_000;

/** Identifier of the datasource that contains everything. */
export const DATASOURCE = "bench";

const HOUR_MICROS = 3_600_000_000;
// 2026-01-01T00:00:00Z: every instant of the history is in the past.
const START_MICROS = 1_767_225_600_000_000;
/** The datasource, then all patients. */
const FIRST_IMAGES_TRANSACTION = 3;

const MODALITIES = [
  ["DX", 63],
  ["CT", 20],
  ["MR", 12],
  ["US", 5],
] as const;
const BODY_PARTS = [
  ["CHEST", 78],
  ["ABDOMEN", 12],
  ["HEAD", 8],
  ["KNEE", 2],
] as const;
const VIEWS = [
  ["PA", 55],
  ["AP", 40],
  ["LL", 5],
] as const;
const FINDINGS = ["No Finding", "Atelectasis", "Effusion", "Infiltration", "Mass", "Nodule"];

const weighted = (table: readonly (readonly [string, number])[], percent: number): string => {
  let rest = percent;
  for (const [value, weight] of table) {
    rest -= weight;
    if (rest < 0) return value;
  }
  return table[0]?.[0] ?? "";
};

/** Identifier of an image by its number, from 0. */
export const imageIdentifier = (number: number): string =>
  `bench/image-${String(number).padStart(8, "0")}`;

/** Identifier of a patient by its number, from 0. */
export const patientIdentifier = (number: number): string =>
  `bench/patient-${String(number).padStart(6, "0")}`;

/** The members of a payload that a new version changes. */
export const changedMembers = (number: number, version: number): Payload => {
  const random = createRandom(number * 31 + version * 7_919);
  return {
    view_position: weighted(VIEWS, random.between(0, 99)),
    patient_age_years: random.between(0, 95),
    finding_labels: [random.pick(FINDINGS)],
    // Never the same value: an update that changes nothing writes no version.
    follow_up_number: version,
  };
};

/** The payload of a version of an image: about 480 bytes of JSON. */
export const imagePayload = (number: number, version: number): Payload => {
  const random = createRandom(number);
  const digest = createHash("sha256").update(String(number)).digest("hex");
  return {
    modality: weighted(MODALITIES, random.between(0, 99)),
    body_part_examined: weighted(BODY_PARTS, random.between(0, 99)),
    ...changedMembers(number, version),
    patient_sex: random.pick(["M", "F"]),
    rows: random.pick([512, 1024, 2048, 2500, 3000]),
    columns: random.pick([512, 1024, 2048, 2500, 3000]),
    pixel_spacing_mm: [0.143, 0.143],
    bits_allocated: random.pick([8, 16]),
    manufacturer: random.pick(["Maker A", "Maker B", "Maker C"]),
    s3_path: `s3://bench/images/${digest.slice(0, 2)}/${digest.slice(0, 16)}.dcm`,
    file_name: `${digest.slice(0, 16)}.dcm`,
    content_type: "application/dicom",
    size_bytes: random.between(100_000, 20_000_000),
    sha256: digest,
  };
};

/** The patient of an image. */
export const patientOf = (size: CohortSize, number: number): number => number % size.patients;

/** A transaction by its id, from 1: one every hour. */
export const momentOf = (id: number): Moment => ({
  id,
  recordedAt: START_MICROS + id * HOUR_MICROS,
});

const transactionsPerRound = (size: CohortSize): number => size.images / UPDATES_PER_TRANSACTION;

/** The id of the last transaction of the history. */
export const lastTransaction = (size: CohortSize): number =>
  FIRST_IMAGES_TRANSACTION - 1 + transactionsPerRound(size) * size.versionsEach;

// Prime and no factor of the number of images: multiplying by it visits each image once per round.
const STRIDES = [1, 7_919, 104_729, 15_485_863, 32_452_843, 49_979_687];

/** The images that the transactions of a round change, in order; round 0 creates them. */
export const imageAt = (size: CohortSize, round: number, position: number): number => {
  const stride = STRIDES[round % STRIDES.length] ?? 1;
  return (position * stride + round * 13) % size.images;
};

/** The transaction that the image at a position of a round belongs to. */
export const transactionAt = (size: CohortSize, round: number, position: number): number =>
  FIRST_IMAGES_TRANSACTION +
  transactionsPerRound(size) * round +
  Math.floor(position / UPDATES_PER_TRANSACTION);

/** Transactions of the versions of every image: `[version - 1][number]`. */
export const versionTransactions = (size: CohortSize): readonly Int32Array[] =>
  Array.from({ length: size.versionsEach }, (_, round) => {
    const transactions = new Int32Array(size.images);
    for (let position = 0; position < size.images; position += 1) {
      transactions[imageAt(size, round, position)] = transactionAt(size, round, position);
    }
    return transactions;
  });
