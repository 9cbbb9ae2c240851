import type { DryRun } from "./dry-run.ts";
import { jsonText, show } from "../print.ts";
import { describeSeconds } from "./progress.ts";
import { resourcesIn } from "./report.ts";
import type { ImportResult } from "./run.ts";
import type { Terms } from "./terms.ts";

const count = (value: number): string => value.toLocaleString("en-US");

type Figure = readonly [label: string, value: number];

const table = (rows: readonly Figure[]): readonly string[] => {
  const width = Math.max(0, ...rows.map(([label]) => label.length));
  const digits = Math.max(0, ...rows.map(([, value]) => count(value).length));
  return rows.map(([label, value]) => `  ${label.padEnd(width)}  ${count(value).padStart(digits)}`);
};

/** Figures that say nothing when they are zero. */
const unlessZero = (...rows: readonly Figure[]): readonly Figure[] =>
  rows.filter(([, value]) => value > 0);

const rejectionLines = (
  firstRejections: readonly string[],
  rejected: number,
  rejectsPath: string | undefined,
): readonly string[] => {
  if (rejected === 0) return [];
  const where =
    rejectsPath === undefined
      ? ""
      : `, all of them with the reasons in ${show(rejectsPath)}: correct it, and import it in the same way`;
  return [
    `${count(rejected)} ${rejected === 1 ? "row" : "rows"} refused${where}; the first:`,
    ...firstRejections.map((line) => `  ${line}`),
  ];
};

const listed = (head: string, lines: readonly string[], all: number): readonly string[] => {
  if (lines.length === 0) return [];
  const more = all > lines.length ? [`  and ${count(all - lines.length)} more`] : [];
  return [head, ...lines.map((line) => `  ${line}`), ...more];
};

const TERMS_SHOWN = 20;

const termLines = (terms: Terms): readonly string[] => {
  const found = Object.entries(terms).toSorted(([, left], [, right]) => right - left);
  const lines = found
    .slice(0, TERMS_SHOWN)
    .map(([term, times]) => `${show(term)}: ${count(times)} resources`);
  return listed("Warnings:", lines, found.length);
};

/** The summary of a complete import, line by line. */
export function summarizeImport(result: ImportResult, seconds: number): readonly string[] {
  const { counts, firstRejections, firstRemarks, leftOut, ownResources, terms } = result;
  const rate = seconds > 0 ? ownResources / seconds : 0;
  const { created, patients, present, studies } = counts;
  const parts = [
    `${count(patients)} patients`,
    `${count(studies)} studies`,
    `${count(created)} created`,
    `${count(present)} there already`,
  ];
  return [
    `${count(counts.rows)} rows in ${describeSeconds(seconds)}:`,
    ...table([
      ["patients registered or found", patients],
      ["studies registered or found", studies],
      ["resources created", created],
      ["resources there already", present],
      ["repeats within the table", counts.repeated],
      ["values left out (out of range)", counts.omitted],
      ...unlessZero(
        ["values left out (unreadable)", counts.unreadable],
        ["files left out (no data)", counts.leftOut],
        ["files uploaded", counts.uploaded],
        ["files uploaded before", counts.linked],
        ["files that are not on this machine", counts.absent],
      ),
      ["rows refused", counts.rejected],
    ]),
    `${count(resourcesIn(counts))} resources in all (${parts.join(", ")}), ${count(Math.round(rate))} a second`,
    ...listed("Files left out:", leftOut, counts.leftOut),
    ...termLines(terms),
    ...listed("Values left out:", firstRemarks, counts.unreadable),
    ...rejectionLines(firstRejections, counts.rejected, result.rejectsPath),
  ];
}

/** Names of files that are listed. */
const FILES_SHOWN = 20;

/** The summary of a dry run, line by line. */
export function summarizeDryRun(run: DryRun): readonly string[] {
  const [example = []] = run.examples;
  return [
    `${count(run.rows)} rows would become:`,
    ...table([
      ["patients", run.patients],
      ["studies", run.studies],
      ...run.resources,
      ["values left out (out of range)", run.omitted],
      ...unlessZero(
        ["values left out (unreadable)", run.unreadable],
        ["files left out (no data)", run.leftOut.length],
      ),
      ["rows refused", run.rejected],
    ]),
    ...(example.length === 0
      ? []
      : [
          "The first row, before identifiers are given:",
          ...example.map((body) => `  ${jsonText(body)}`),
        ]),
    ...listed("Files left out:", run.leftOut.slice(0, FILES_SHOWN), run.leftOut.length),
    ...termLines(run.terms),
    ...listed("Values left out:", run.firstRemarks, run.unreadable),
    ...rejectionLines(run.firstRejections, run.rejected, run.rejectsPath),
  ];
}
