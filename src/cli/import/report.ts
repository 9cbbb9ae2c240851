import { show } from "../print.ts";
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";

/** A row, or a resource of it, that was not imported. */
export interface Rejection {
  /** Line of the file, from 1; of a folder, the number of the file. */
  readonly line: number;
  readonly column?: string;
  readonly code: string;
  /** What was expected. */
  readonly detail: string;
}

/** The counts of an import so far. */
export interface Counts {
  readonly rows: number;
  readonly patients: number;
  readonly studies: number;
  readonly created: number;
  readonly present: number;
  readonly repeated: number;
  readonly rejected: number;
  /** Values that the mapping omits from a row because they are out of range. */
  readonly omitted: number;
}

/** All zero. */
export const NO_COUNTS: Counts = {
  rows: 0,
  patients: 0,
  studies: 0,
  created: 0,
  present: 0,
  repeated: 0,
  rejected: 0,
  omitted: 0,
};

/** The sum of two counts. */
export function addCounts(left: Counts, right: Counts): Counts {
  return {
    rows: left.rows + right.rows,
    patients: left.patients + right.patients,
    studies: left.studies + right.studies,
    created: left.created + right.created,
    present: left.present + right.present,
    repeated: left.repeated + right.repeated,
    rejected: left.rejected + right.rejected,
    omitted: left.omitted + right.omitted,
  };
}

/** How many resources the counts stand for: what the server registered, created or had. */
export function resourcesIn(counts: Counts): number {
  return counts.patients + counts.studies + counts.created + counts.present;
}

/** A rejection as one line for people. */
const describeRejection = (
  { line, column, code, detail }: Rejection,
  place: string | undefined,
): string => {
  const row = place ?? `line ${line}`;
  const where = column === undefined || column === "" ? row : `${row}, ${column}`;
  // Names of files and cells come from elsewhere: they must not move the cursor.
  return show(`${where}: ${detail} [${code}]`);
};

/** The file of a folder that a row comes from. */
export type PlaceOf = (line: number) => string | undefined;

/** Rejections that are printed; the others are counted, or are in the `--rejects` file. */
const SHOWN_MAX = 20;

/** Where rejections are written. */
export interface RejectionLog {
  readonly add: (rejections: readonly Rejection[]) => void;
  /** The first ones, as lines for people. */
  readonly firstRejections: () => readonly string[];
  /** Bytes of the file so far: a resumed import truncates the file to what was complete. */
  readonly bytes: () => number;
  readonly close: () => void;
}

/** Opens the rejects file (NDJSON, one rejection per line), keeping its first `keepBytes` bytes. */
export function openRejectionLog(
  path: string | undefined,
  keepBytes: number,
  placeOf: PlaceOf | undefined,
): RejectionLog {
  const file = path === undefined ? undefined : openSync(path, keepBytes > 0 ? "a+" : "w");
  if (file !== undefined && keepBytes > 0) ftruncateSync(file, keepBytes);
  let bytes = keepBytes;
  const lines: string[] = [];
  return {
    add: (rejections) => {
      for (const rejection of rejections) {
        const place = placeOf?.(rejection.line);
        if (lines.length < SHOWN_MAX) lines.push(describeRejection(rejection, place));
        const line = place === undefined ? rejection : { file: place, ...rejection };
        if (file !== undefined) bytes += writeSync(file, `${JSON.stringify(line)}\n`);
      }
    },
    firstRejections: () => lines,
    bytes: () => bytes,
    close: () => {
      if (file !== undefined) closeSync(file);
    },
  };
}
