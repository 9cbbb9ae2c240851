import { show } from "../print.ts";
import { groupBy } from "../support/group.ts";
import type { TableRow } from "./table.ts";
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
  /** Values that could not be read, and were left out. */
  readonly unreadable: number;
  /** Files of a folder that are no data. */
  readonly leftOut: number;
  /** Files that were uploaded; that were there already; that are not on this machine. */
  readonly uploaded: number;
  readonly linked: number;
  readonly absent: number;
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
  unreadable: 0,
  leftOut: 0,
  uploaded: 0,
  linked: 0,
  absent: 0,
};

/** The sum of two counts. */
export function addCounts(left: Counts, right: Partial<Counts>): Counts {
  const names = Object.keys(NO_COUNTS) as (keyof Counts)[];
  return Object.fromEntries(
    names.map((name) => [name, left[name] + (right[name] ?? 0)]),
  ) as unknown as Counts;
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

/** Rejections that are printed; the others are counted, or are in the file of rejected rows. */
const SHOWN_MAX = 20;

/** How a source writes a row that was rejected, so that it can be corrected and imported again. */
export interface RejectedForm {
  /** The beginning of the file. */
  readonly head: () => string;
  readonly row: (row: TableRow, reason: string) => string;
}

/** Where rejected rows are kept. */
export interface RejectionFile {
  readonly path: string;
  /** Absent: a JSON object a line for each rejection, without the row. */
  readonly form?: RejectedForm | undefined;
}

/** Where rejections are written. */
export interface RejectionLog {
  readonly add: (
    rejections: readonly Rejection[],
    rowAt: (line: number) => TableRow | undefined,
  ) => void;
  /** A value that was left out, or another remark about a row. */
  readonly remark: (rejection: Rejection) => void;
  /** The first ones, as lines for people. */
  readonly firstRejections: () => readonly string[];
  readonly firstRemarks: () => readonly string[];
  /** Bytes of the file so far: a resumed import truncates the file to what was complete. */
  readonly bytes: () => number;
  /** The file, where something was written. */
  readonly path: () => string | undefined;
  readonly close: () => void;
}

/** The file of an earlier, interrupted run, cut to what was complete; nothing is made of none. */
const openAt = (path: string, keepBytes: number): number => {
  const file = openSync(path, keepBytes > 0 ? "a+" : "w", 0o600);
  if (keepBytes > 0) ftruncateSync(file, keepBytes);
  return file;
};

const reasonOf = ({ code, column, detail }: Rejection): string =>
  `${column === undefined || column === "" ? "" : `${column}: `}${detail} [${code}]`;

const render = (
  rejections: readonly Rejection[],
  form: RejectedForm | undefined,
  placeOf: PlaceOf | undefined,
  rowAt: (line: number) => TableRow | undefined,
): string => {
  if (form === undefined) {
    const lines = rejections.map((rejection) => {
      const place = placeOf?.(rejection.line);
      return JSON.stringify(place === undefined ? rejection : { file: place, ...rejection });
    });
    return lines.map((line) => `${line}\n`).join("");
  }
  const byLine = groupBy(rejections, ({ line }) => line);
  return [...byLine]
    .map(([line, reasons]) => {
      const row = rowAt(line);
      const reason = `line ${line}: ${reasons.map(reasonOf).join("; ")}`;
      return row === undefined ? "" : form.row(row, reason);
    })
    .join("");
};

/**
 * Opens the file of rejected rows, keeping its first `keepBytes` bytes. It is made when the first
 * row is rejected.
 */
export function openRejectionLog(
  kept: RejectionFile | undefined,
  keepBytes: number,
  placeOf: PlaceOf | undefined,
): RejectionLog {
  let file = kept !== undefined && keepBytes > 0 ? openAt(kept.path, keepBytes) : undefined;
  let bytes = keepBytes;
  const lines: string[] = [];
  const remarks: string[] = [];
  const note = (list: string[], rejection: Rejection): void => {
    if (list.length < SHOWN_MAX) list.push(describeRejection(rejection, placeOf?.(rejection.line)));
  };
  return {
    add: (rejections, rowAt) => {
      for (const rejection of rejections) note(lines, rejection);
      if (kept === undefined || rejections.length === 0) return;
      const begins = file === undefined;
      file ??= openAt(kept.path, 0);
      const head = begins ? (kept.form?.head() ?? "") : "";
      bytes += writeSync(file, head + render(rejections, kept.form, placeOf, rowAt));
    },
    remark: (rejection) => note(remarks, rejection),
    firstRejections: () => lines,
    firstRemarks: () => remarks,
    bytes: () => bytes,
    path: () => (file === undefined ? undefined : kept?.path),
    close: () => {
      if (file !== undefined) closeSync(file);
    },
  };
}
