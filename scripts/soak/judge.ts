/** Evaluates the measurements of a soak. Pure. */
import { quantile } from "../bench/measure.ts";
import { layOut } from "../bench/report.ts";
import type { Run, Sample } from "./load.ts";

/** Resident memory of the server at a moment. */
export interface MemorySample {
  /** Milliseconds since the beginning. */
  readonly at: number;
  readonly bytes: number;
}

/** The measurements. */
export interface Measured {
  /** The highest rate of the server in requests per second. */
  readonly capacity: number;
  readonly run: Run;
  readonly memory: readonly MemorySample[];
  /** Processor time of all its processes during the run. */
  readonly cpuMillis: number;
}

const MINUTE_MILLIS = 60_000;
const WARM_SHARE = 0.25;
/** The share of the run over which memory is averaged: it varies with every garbage collection. */
const WINDOW_SHARE = 0.15;

const GROWTH_MAX = 0.1;
const DRIFT_MAX = 0.2;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

interface Growth {
  readonly from: number;
  readonly to: number;
}

/** Memory after the first minute, or the first quarter of a short run, and at its end. */
const growthOf = ({ run, memory }: Measured): Growth => {
  const length = run.seconds * 1000;
  const warm = Math.min(MINUTE_MILLIS, length * WARM_SHARE);
  const window = length * WINDOW_SHARE;
  const within = (from: number): number =>
    mean(memory.filter(({ at }) => at >= from && at < from + window).map(({ bytes }) => bytes));
  return { from: within(warm), to: within(length - window) };
};

const p99 = (samples: readonly Sample[]): number =>
  quantile(
    samples.map(({ millis }) => millis),
    0.99,
  );

/** The slowest hundredth in the first and in the last third of the run. */
const driftOf = ({ samples, seconds }: Run): Growth => {
  const third = (seconds * 1000) / 3;
  return {
    from: p99(samples.filter(({ at }) => at < third)),
    to: p99(samples.filter(({ at }) => at >= 2 * third)),
  };
};

const changeOf = ({ from, to }: Growth): number => to / from - 1;
const percent = (share: number): string => `${share >= 0 ? "+" : ""}${(share * 100).toFixed(1)} %`;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

/** The missed goals; empty for a server that meets them. */
export const shortcomings = (measured: Measured): readonly string[] => {
  const { errors } = measured.run;
  const [growth, drift] = [changeOf(growthOf(measured)), changeOf(driftOf(measured.run))];
  return [
    ...(errors.length === 0 ? [] : [`${errors.length} errors, the first: ${errors[0]}`]),
    // What was not measured does not meet a bound.
    ...(growth < GROWTH_MAX ? [] : [`memory grew by ${percent(growth)}`]),
    ...(drift < DRIFT_MAX ? [] : [`p99 went up by ${percent(drift)}`]),
  ];
};

const kindsOf = ({ samples }: Run): string => {
  const kinds = [...new Set(samples.map(({ kind }) => kind))].toSorted();
  const rows = kinds.map((kind) => {
    const times = samples.filter((sample) => sample.kind === kind).map(({ millis }) => millis);
    const [p50, high] = [quantile(times, 0.5).toFixed(1), quantile(times, 0.99).toFixed(1)];
    return [kind, String(times.length), p50, high];
  });
  return layOut([["request", "count", "p50 ms", "p99 ms"], ...rows]);
};

/** The figures as text. */
export const renderMeasured = (measured: Measured): string => {
  const { capacity, cpuMillis, run } = measured;
  const [memory, drift] = [growthOf(measured), driftOf(run)];
  const requests = run.samples.length;
  const rows = [
    ["capacity", `${capacity.toFixed(0)} requests/s`],
    ["pace kept", `${(requests / run.seconds).toFixed(0)} requests/s`],
    ["requests", `${requests} in ${run.seconds.toFixed(0)} s, ${run.errors.length} errors`],
    ["processor", `${(cpuMillis / requests).toFixed(2)} ms a request`],
    [
      "memory",
      `${megabytes(memory.from)}, at the end ${megabytes(memory.to)} (${percent(changeOf(memory))})`,
    ],
    [
      "p99",
      `${drift.from.toFixed(1)} ms in the first third, ${drift.to.toFixed(1)} ms in the last (${percent(changeOf(drift))})`,
    ],
  ];
  return `${layOut(rows.map(([name = "", value = ""]) => [`${name}:  `, value]))}\n\n${kindsOf(run)}`;
};
