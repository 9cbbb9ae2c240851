/** The table on the terminal and the JSON file. */
import type { Outcome } from "./contest.ts";
import type { Spread } from "./measure.ts";

const digits = (value: number): string => {
  if (!Number.isFinite(value)) return "-";
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
};

const range = ({ min, max }: Spread): string => `${digits(min)}..${digits(max)}`;

const verdict = ({ goal, cpuRatio }: Outcome): string => {
  if (goal === null) return "";
  return `${cpuRatio.median >= goal ? "ok" : "SHORT"} >=${digits(goal)}`;
};

type Column = readonly [heading: string, cell: (outcome: Outcome) => string];

const COLUMNS: readonly Column[] = [
  ["workload", ({ name, title }) => `${name}: ${title}`],
  ["CPU ratio", ({ cpuRatio }) => digits(cpuRatio.median)],
  ["min..max", ({ cpuRatio }) => range(cpuRatio)],
  ["goal", verdict],
  ["req/s ratio", ({ throughputRatio }) => digits(throughputRatio.median)],
  ["p50 ratio", ({ p50Ratio }) => digits(p50Ratio.median)],
  ["p99 ratio", ({ p99Ratio }) => digits(p99Ratio.median)],
  ["CPU ms ref", ({ reference }) => digits(reference.cpuMillisPerRequest.median)],
  ["CPU ms", ({ subject }) => digits(subject.cpuMillisPerRequest.median)],
  ["rows read", ({ usage }) => (usage === null ? "" : String(usage.rowsRead))],
  ["written", ({ usage }) => (usage === null ? "" : String(usage.rowsWritten))],
  ["D1 calls", ({ usage }) => (usage === null ? "" : String(usage.d1Calls))],
];

/** Aligns cells in columns: the first to the left, the others to the right. */
export const layOut = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
  return lines.join("\n");
};

/** The results as a table, one line a contest. */
export const renderTable = (outcomes: readonly Outcome[]): string =>
  layOut([
    COLUMNS.map(([heading]) => heading),
    ...outcomes.map((outcome) => COLUMNS.map(([, cell]) => cell(outcome))),
  ]);

/** The legend of the table. */
export const LEGEND = `CPU ratio: CPU time per request of the reference by the product's (median of the rounds): above 1 the
product is cheaper. req/s ratio: product by reference. p50 and p99 ratio: latency, reference by product.
CPU ms: of the server process for one request; it depends on the machine, the ratios hardly do.`;
