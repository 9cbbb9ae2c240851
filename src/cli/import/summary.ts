import type { DryRun } from "./dry-run.ts";
import { describeSeconds } from "./progress.ts";
import { type Counts, resourcesIn } from "./report.ts";

const count = (value: number): string => value.toLocaleString("en-US");

const table = (rows: readonly (readonly [string, number])[]): readonly string[] => {
  const width = Math.max(0, ...rows.map(([label]) => label.length));
  const digits = Math.max(0, ...rows.map(([, value]) => count(value).length));
  return rows.map(([label, value]) => `  ${label.padEnd(width)}  ${count(value).padStart(digits)}`);
};

const rejectionLines = (
  firstRejections: readonly string[],
  rejected: number,
  rejectsPath: string | undefined,
): readonly string[] => {
  if (rejected === 0) return [];
  const where = rejectsPath === undefined ? "" : `, all of them in ${rejectsPath}`;
  return [
    `${count(rejected)} rows refused${where}; the first:`,
    ...firstRejections.map((line) => `  ${line}`),
  ];
};

/** The summary of a complete import, line by line. */
export function summarizeImport(
  result: {
    readonly counts: Counts;
    readonly ownResources: number;
    readonly firstRejections: readonly string[];
  },
  seconds: number,
  rejectsPath: string | undefined,
): readonly string[] {
  const { counts, ownResources, firstRejections } = result;
  const rate = seconds > 0 ? ownResources / seconds : 0;
  return [
    `${count(counts.rows)} rows in ${describeSeconds(seconds)}:`,
    ...table([
      ["patients registered or found", counts.patients],
      ["studies registered or found", counts.studies],
      ["resources created", counts.created],
      ["resources there already", counts.present],
      ["repeats within the table", counts.repeated],
      ["values left out (out of range)", counts.omitted],
      ["rows refused", counts.rejected],
    ]),
    `${count(resourcesIn(counts))} resources in all, ${count(Math.round(rate))} a second`,
    ...rejectionLines(firstRejections, counts.rejected, rejectsPath),
  ];
}

/** The summary of a dry run, line by line. */
export function summarizeDryRun(run: DryRun, rejectsPath: string | undefined): readonly string[] {
  return [
    `${count(run.rows)} rows would become:`,
    ...table([
      ["patients", run.patients],
      ["studies", run.studies],
      ...run.resources,
      ["values left out (out of range)", run.omitted],
      ["rows refused", run.rejected],
    ]),
    ...(run.example.length === 0
      ? []
      : [
          "The first row, before identifiers are given:",
          ...run.example.map((body) => `  ${JSON.stringify(body)}`),
        ]),
    ...rejectionLines(run.firstRejections, run.rejected, rejectsPath),
  ];
}
