/** The progress of a running import. */
export interface Status {
  readonly bytesRead: number;
  readonly bytesTotal: number;
  readonly rows: number;
  readonly resources: number;
  readonly rejected: number;
}

/**
 * Prints how far an import is: a bar that rewrites itself on a terminal, otherwise a line now and
 * then.
 */
export interface Progress {
  readonly update: (status: Status) => void;
  /** Shows what is done between two states, in place of the bar. */
  readonly note: (text: string) => void;
  /** Prints a line without breaking the bar. */
  readonly say: (line: string) => void;
  readonly end: () => void;
}

/** Where progress is written: standard error, so that standard output has only results. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly write: (text: string) => unknown;
}

const BAR_WIDTH = 24;
const BAR_INTERVAL_MS = 100;
const LINE_INTERVAL_MS = 5_000;
const ERASE_LINE = "\r\u001b[2K";

const grouped = (value: number): string => Math.round(value).toLocaleString("en-US");

/** A duration for people: `7 s`, `3 min 05 s`. */
export function describeSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

const BAR_WIDTH_MIN = 4;

/**
 * A bar for a fraction, in front of a text: as wide as a line of so many columns leaves room for.
 */
export function drawBar(share: number, text: string, columns: number): string {
  const width = Math.min(BAR_WIDTH, columns - text.length - 4);
  if (width < BAR_WIDTH_MIN) return text;
  const filled = Math.round(share * width);
  return `[${"=".repeat(filled)}${" ".repeat(width - filled)}] ${text}`;
}

/** One line of progress after so many seconds; with a bar where there are columns for one. */
export function describeStatus(status: Status, seconds: number, columns: number): string {
  const { bytesRead, bytesTotal, rows, resources, rejected } = status;
  const share = bytesTotal === 0 ? 1 : Math.min(1, bytesRead / bytesTotal);
  const rate = seconds > 0 ? resources / seconds : 0;
  const left = share > 0.01 && share < 1 ? (seconds * (1 - share)) / share : undefined;
  const text = [
    `${Math.floor(share * 100)} %`,
    `${grouped(rows)} rows`,
    `${grouped(resources)} resources`,
    `${grouped(rate)}/s`,
    ...(rejected > 0 ? [`${grouped(rejected)} rejected`] : []),
    ...(left === undefined ? [] : [`${describeSeconds(left)} left`]),
  ].join("  ");
  return columns === 0 ? text : drawBar(share, text, columns);
}

/** A progress line. */
export interface Line {
  /**
   * Prints a new text when the last one is old enough. It gets the seconds since the start, and the
   * columns of the terminal: 0 when there is none.
   */
  readonly update: (text: (seconds: number, columns: number) => string) => void;
  /** Prints a line of its own without breaking the bar. */
  readonly say: (line: string) => void;
  readonly end: () => void;
}

/** Starts a line: a bar that rewrites itself on a terminal, else a line every five seconds. */
export function createLine(output: Output, now: () => number): Line {
  const bar = output.isTTY === true;
  const startedAt = now();
  let printedAt = bar ? 0 : startedAt;
  let hasBar = false;
  const erase = (): void => {
    if (hasBar) output.write(ERASE_LINE);
    hasBar = false;
  };
  return {
    update: (render) => {
      const at = now();
      if (at - printedAt < (bar ? BAR_INTERVAL_MS : LINE_INTERVAL_MS)) return;
      printedAt = at;
      const columns = bar ? (output.columns ?? 80) : 0;
      const text = render((at - startedAt) / 1000, columns);
      output.write(bar ? `${ERASE_LINE}${text.slice(0, columns - 1)}` : `${text}\n`);
      hasBar = bar;
    },
    say: (line) => {
      erase();
      output.write(`${line}\n`);
    },
    end: erase,
  };
}

/** Starts the progress of an import. `now` is a clock in milliseconds. */
export function createProgress(output: Output, now: () => number): Progress {
  const { end, say, update } = createLine(output, now);
  return {
    update: (status) => update((seconds, columns) => describeStatus(status, seconds, columns)),
    note: (text) => update(() => text),
    say,
    end,
  };
}
