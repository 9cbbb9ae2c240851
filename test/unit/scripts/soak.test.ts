import { describe, expect, it } from "vitest";
import { type Measured, renderMeasured, shortcomings } from "../../../scripts/soak/judge.ts";

const SECONDS = 600;

const measuredOf = (
  bytesAt: (second: number) => number,
  millisAt: (second: number) => number,
  errors: readonly string[] = [],
): Measured => ({
  capacity: 10,
  cpuMillis: 3_000,
  memory: Array.from({ length: SECONDS }, (_, at) => ({ at: at * 1000, bytes: bytesAt(at) })),
  run: {
    seconds: SECONDS,
    errors,
    samples: Array.from({ length: SECONDS }, (_, second) => {
      const millis = millisAt(second);
      return { kind: second % 2 === 0 ? "point" : "page", at: second * 1000, millis };
    }),
  },
});

const flat = (): number => 400e6;
const steady = (): number => 20;

describe("the soak test", () => {
  it("reports nothing for a server that stays the same, however it began", () => {
    const begun = measuredOf(
      (second) => (second < 60 ? 100e6 : 400e6 + (second % 7) * 1e6),
      steady,
    );
    expect(shortcomings(begun)).toEqual([]);
  });

  it("reports memory that grows by a tenth after the first minute", () => {
    expect(shortcomings(measuredOf((second) => 400e6 * (1 + second / 4_500), steady))).toEqual([]);
    const growing = measuredOf((second) => 400e6 * (1 + second / 3_000), steady);
    expect(shortcomings(growing)).toEqual([expect.stringMatching(/^memory grew by \+1\d\.\d %$/)]);
  });

  it("reports slow requests that become slower by a fifth", () => {
    const slower = measuredOf(flat, (second) => (second < 400 ? 20 : 24.1));
    expect(shortcomings(slower)).toEqual(["p99 went up by +20.5 %"]);
    expect(shortcomings(measuredOf(flat, (second) => (second < 400 ? 20 : 23.9)))).toEqual([]);
  });

  it("reports errors, and a run in which nothing was measured", () => {
    const failed = measuredOf(flat, steady, ["/query answered 500", "another"]);
    expect(shortcomings(failed)).toEqual(["2 errors, the first: /query answered 500"]);
    const { run, ...rest } = measuredOf(flat, steady);
    const empty = { ...rest, memory: [], run: { ...run, samples: [] } };
    expect(shortcomings(empty).length).toBe(2);
  });

  it("prints rate, processor time, memory and latencies, by kind", () => {
    const text = renderMeasured(measuredOf(flat, steady));
    for (const part of ["1 requests/s", "5.00 ms a request", "400 MB", "20.0 ms", "point", "300"]) {
      expect(text).toContain(part);
    }
  });
});
