/**
 * Computes the figures of a report from raw samples. Pure, except for reading the processes' CPU
 * time.
 */
import { readFileSync } from "node:fs";

/** The result of one round of one side. */
export interface Round {
  readonly requests: number;
  readonly seconds: number;
  /** Processor time of the servers during the round, milliseconds. */
  readonly cpuMillis: number;
  /** Time of each request, milliseconds. */
  readonly latencies: readonly number[];
}

/** Median, least and greatest of the rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The figures of one side. */
export interface SideFigures {
  readonly cpuMillisPerRequest: Spread;
  readonly requestsPerSecond: Spread;
  readonly p50Millis: Spread;
  readonly p99Millis: Spread;
  readonly requests: number;
}

/** Two sides compared, round by round. */
export interface Comparison {
  readonly reference: SideFigures;
  readonly subject: SideFigures;
  /** CPU per request of the reference by the subject's: above 1 the subject is cheaper. */
  readonly cpuRatio: Spread;
  /** Requests per second of the subject by the reference's: above 1 the subject is faster. */
  readonly throughputRatio: Spread;
  /** Median latency of the reference by the subject's: above 1 the subject is faster. */
  readonly p50Ratio: Spread;
  readonly p99Ratio: Spread;
}

// The kernel counts in hundredths of a second on every Linux that Node runs on.
const MILLIS_PER_TICK = 10;

/**
 * Processor time, user and system, of a process so far, and of its children that have ended; its state as
 * /proc/<pid>/stat writes it.
 */
const cpuMillisOf = (stat: string): number => {
  // The second field is the command in parentheses, which may contain anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return ticks * MILLIS_PER_TICK;
};

/** Nothing of a process that has ended: its parent has its time. */
const statOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
};

/** Processor time of all processes so far, milliseconds. */
export const readCpuMillis = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => sum + cpuMillisOf(statOf(pid)), 0);

const PAGE_BYTES = 4_096;

/** Resident memory of all processes, bytes. */
export const readResidentBytes = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    return sum + pages * PAGE_BYTES;
  }, 0);

/** The value below which a share (0 to 1) of the values is, by nearest rank; NaN for none. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((left, right) => left - right);
  const rank = Math.min(sorted.length, Math.max(1, Math.ceil(share * sorted.length)));
  return sorted[rank - 1] ?? Number.NaN;
};

/** Median (the mean of the middle two for an even number), least and greatest. */
export const spreadOf = (values: readonly number[]): Spread => {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  const lower = sorted.length % 2 === 0 ? (sorted[middle - 1] ?? Number.NaN) : upper;
  return {
    median: (lower + upper) / 2,
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
  };
};

const cpuPerRequest = (round: Round): number => round.cpuMillis / round.requests;
const throughput = (round: Round): number => round.requests / round.seconds;
const p50 = (round: Round): number => quantile(round.latencies, 0.5);
const p99 = (round: Round): number => quantile(round.latencies, 0.99);

const figuresOf = (rounds: readonly Round[]): SideFigures => ({
  cpuMillisPerRequest: spreadOf(rounds.map(cpuPerRequest)),
  requestsPerSecond: spreadOf(rounds.map(throughput)),
  p50Millis: spreadOf(rounds.map(p50)),
  p99Millis: spreadOf(rounds.map(p99)),
  requests: rounds.reduce((sum, round) => sum + round.requests, 0),
});

/**
 * Compares two sides whose rounds alternated, so that a disturbance affects both: the ratios are
 * computed round by round.
 */
export const compare = (reference: readonly Round[], subject: readonly Round[]): Comparison => {
  const ratio = (figure: (round: Round) => number): Spread =>
    spreadOf(
      reference.flatMap((round, index) => {
        const other = subject[index];
        return other === undefined ? [] : [figure(round) / figure(other)];
      }),
    );
  return {
    reference: figuresOf(reference),
    subject: figuresOf(subject),
    cpuRatio: ratio(cpuPerRequest),
    throughputRatio: ratio((round) => 1 / throughput(round)),
    p50Ratio: ratio(p50),
    p99Ratio: ratio(p99),
  };
};
