import { createLine, drawBar, type Output } from "./import/progress.ts";

/** Prints how many bytes have been transferred. */
export interface Meter {
  readonly update: (bytes: number, label: string) => void;
  readonly end: () => void;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** A size for people: `12.5 MB`. */
export function describeBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`;
}

/** Starts a meter; without a total it has no bar. `now` is a clock in milliseconds. */
export function createMeter(
  output: Output,
  total: number | undefined,
  now: () => number = () => performance.now(),
): Meter {
  const line = createLine(output, now);
  return {
    update: (bytes, label) =>
      line.update((seconds, columns) => {
        const share = total === undefined || total === 0 ? undefined : Math.min(1, bytes / total);
        const percent = share === undefined ? "" : `${Math.floor(share * 100)} %  `;
        const rate = seconds > 0 ? `  ${describeBytes(bytes / seconds)}/s` : "";
        const text = `${percent}${describeBytes(bytes)}${rate}  ${label}`;
        return columns === 0 || share === undefined ? text : drawBar(share, text, columns);
      }),
    end: line.end,
  };
}
