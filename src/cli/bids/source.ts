import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import type { MappingPlan } from "../import/compile.ts";
import { wholeText } from "../import/encoding.ts";
import type { RowSource } from "../import/source.ts";
import { TableError } from "../import/table-error.ts";
import { type TablePart, type TableRow } from "../import/table.ts";
import { groupBy } from "../support/group.ts";
import { parseName, subjectOf } from "./entities.ts";
import { type BidsFile, digestOf, listDataset } from "./listing.ts";
import { participantCells, type Participants, parseParticipants } from "./participants.ts";
import { createInheritance, withoutPersonal } from "./sidecars.ts";

/** Extensions of recordings: files that a scanner or an amplifier made. */
const RECORDINGS: ReadonlySet<string> = new Set([
  ".nii",
  ".nii.gz",
  ".set",
  ".edf",
  ".bdf",
  ".vhdr",
  ".fif",
  ".ds",
  ".snirf",
]);

/** Modality by the folder of the data (DICOM PS3.3, C.7.3.1.1.1, where it has one). */
const MODALITIES: Readonly<Record<string, string>> = {
  anat: "MR",
  func: "MR",
  dwi: "MR",
  fmap: "MR",
  perf: "MR",
  mrs: "MR",
  pet: "PT",
  eeg: "EEG",
  ieeg: "EEG",
  meg: "MEG",
  nirs: "NIRS",
  micr: "SM",
};

const isRaw = (path: string): boolean => path.startsWith("sub-");

const stemOf = (path: string): string =>
  path.slice(0, path.length - parseName(path).extension.length);

const datatypeOf = (path: string): string => path.split("/").at(-2) ?? "";

/** Raw recordings, indexed to be found by their derivatives. */
const createOrigins = (files: readonly BidsFile[]) => {
  const raw = files.filter(({ path }) => isRaw(path) && RECORDINGS.has(parseName(path).extension));
  const key = (path: string): string => {
    const { sub = "", ses = "" } = subjectOf(path);
    return `${sub}/${ses}/${parseName(path).suffix}`;
  };
  const byKey = groupBy(new Set(raw.map(({ path }) => stemOf(path))), key);
  return {
    recordings: new Set(raw.map(({ path }) => stemOf(path))),
    /**
     * The one raw recording of the same suffix whose entities do not contradict those of the file.
     */
    originOf: (path: string): string | undefined => {
      if (isRaw(path)) return undefined;
      const { entities } = parseName(path);
      const found = (byKey.get(key(path)) ?? []).filter((stem) =>
        Object.entries(parseName(stem).entities).every(([name, value]) => entities[name] === value),
      );
      return found.length === 1 ? found[0] : undefined;
    },
  };
};

const MILLISECONDS: Readonly<Record<string, string>> = {
  RepetitionTime: "repetition_time_ms",
  EchoTime: "echo_time_ms",
};

/** BIDS has times in seconds, DICOM in milliseconds. */
const timesOf = (sidecar: JsonObject): readonly (readonly [string, Json])[] =>
  Object.entries(MILLISECONDS).flatMap(([name, column]) => {
    const seconds = sidecar[name];
    return typeof seconds === "number" ? [[column, Math.round(seconds * 1e6) / 1e3] as const] : [];
  });

const optional = (name: string, value: Json | undefined): readonly (readonly [string, Json])[] =>
  value === undefined || value === "" ? [] : [[name, value]];

/** A dataset whose files have been listed. */
interface Dataset {
  readonly root: string;
  readonly participants: Participants;
  readonly sidecars: ReadonlyMap<string, JsonObject>;
  readonly inherited: (path: string) => JsonObject;
  readonly origins: ReturnType<typeof createOrigins>;
  readonly wantsDigest: boolean;
  /** `dataset.<Name>`: the members of `dataset_description.json`. */
  readonly described: readonly (readonly [string, Json])[];
}

const recordingCells = (dataset: Dataset, path: string): readonly (readonly [string, Json])[] => {
  const stem = stemOf(path);
  if (!dataset.origins.recordings.has(stem)) return [];
  const isRecording = RECORDINGS.has(parseName(path).extension);
  if (!isRecording) return [["file.recording", stem]];
  const sidecar = dataset.inherited(path);
  return [
    ["file.recording", stem],
    ["recording.path", stem],
    ...Object.entries(sidecar).map(([name, value]) => [`sidecar.${name}`, value] as const),
    ...timesOf(sidecar),
  ];
};

const fileCells = async (
  dataset: Dataset,
  listed: BidsFile,
): Promise<ReadonlyMap<string, Json>> => {
  const { origins, participants, root, sidecars, wantsDigest } = dataset;
  const file = wantsDigest ? await digestOf(root, listed) : listed;
  const { path } = file;
  const { entities, extension, suffix } = parseName(path);
  const { sub, ses } = subjectOf(path);
  const own = sidecars.get(path);
  const datatype = datatypeOf(path);
  return new Map<string, Json>([
    ...dataset.described,
    ...(sub === undefined ? [] : participantCells(sub, participants.get(sub))),
    ...optional("study.key", sub === undefined ? undefined : (ses ?? "dataset")),
    ...optional("session.id", ses),
    ["file.path", path],
    ["file.name", path.slice(path.lastIndexOf("/") + 1)],
    ["file.size", file.size],
    ...optional("file.sha256", file.sha256),
    ...optional("file.md5", file.md5),
    ...optional("file.extension", extension),
    ...optional("file.suffix", suffix),
    ...optional("file.datatype", datatype in MODALITIES ? datatype : undefined),
    ...optional("file.modality", MODALITIES[datatype]),
    ...Object.entries(entities).map(([name, value]) => [`entity.${name}`, value] as const),
    ...recordingCells(dataset, path),
    ...optional("file.origin", origins.originOf(path)),
    ...optional("file.json", own === undefined ? undefined : withoutPersonal(own)),
  ]);
};

/** The text of a file of the dataset; empty when it is not there. @throws {TableError} */
const readText = (root: string, name: string): string => {
  const path = join(root, name);
  if (!existsSync(path)) return "";
  const text = wholeText(readFileSync(path));
  if (text === undefined) throw new TableError(`${name} is no UTF-8 text`);
  return text;
};

const DESCRIPTION = "dataset_description.json";

const readDescription = (root: string): JsonObject => {
  const text = readText(root, DESCRIPTION);
  if (text.trim() === "") return {};
  try {
    const value = JSON.parse(text) as Json;
    if (isJsonObject(value)) return value;
  } catch {
    // Told below.
  }
  throw new TableError(`${DESCRIPTION} is no JSON object`);
};

/** Rows of one part: files, or participants. */
const PART_ROWS = 500;

/**
 * A BIDS dataset as rows: each participant, then each file, raw data before derivatives.
 * docs/import.md describes the columns.
 */
export function bidsSource(root: string, plan: MappingPlan): RowSource {
  const { files: unordered, sidecars } = listDataset(root);
  const order = ({ path }: BidsFile): string => `${isRaw(path) ? 0 : 1}${path}`;
  const files = unordered.toSorted((left, right) => (order(left) < order(right) ? -1 : 1));
  const text = readText(root, "participants.tsv");
  const participants = parseParticipants(text);
  const description = readDescription(root);
  const dataset: Dataset = {
    root,
    described: Object.entries(description).map(([name, value]) => [`dataset.${name}`, value]),
    participants,
    sidecars,
    inherited: createInheritance(sidecars),
    origins: createOrigins(files),
    wantsDigest: plan.columns.has("file.sha256"),
  };
  const people = [...participants];
  const rowAt = async (index: number): Promise<TableRow> => {
    const line = index + 1;
    const person = people[index];
    if (person !== undefined) return { line, cells: new Map(participantCells(...person)) };
    return { line, cells: await fileCells(dataset, files[index - people.length] as BidsFile) };
  };
  const total = people.length + files.length;
  return {
    kind: "bids",
    // Progress counts rows: the sizes are those of files that may not be here.
    bytesTotal: total,
    fingerprint: async () => {
      const hash = createHash("sha256").update(text);
      for (const file of files) hash.update(JSON.stringify(file));
      for (const [path, json] of sidecars) hash.update(path).update(JSON.stringify(json));
      return hash.digest("hex");
    },
    placeOf: (line) =>
      line <= people.length
        ? `participants.tsv, ${people[line - 1]?.[0] ?? ""}`
        : files[line - 1 - people.length]?.path,
    fileOf: (line) => {
      const file = files[line - 1 - people.length];
      const path = file === undefined ? undefined : join(root, file.path);
      // Links of git-annex, and what a listing names, may lead nowhere.
      return path !== undefined && existsSync(path) ? path : undefined;
    },
    parts: async function* (): AsyncGenerator<TablePart> {
      for (let start = 0; start < total; start += PART_ROWS) {
        const length = Math.min(PART_ROWS, total - start);
        const rows: TableRow[] = [];
        for (let index = start; index < start + length; index += 1) rows.push(await rowAt(index));
        yield { rows, bytesRead: start + length };
      }
    },
  };
}
