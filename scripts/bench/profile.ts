/** A CPU profile of the product's isolate under one workload. */
import { writeFileSync } from "node:fs";
import { SourceMap, type SourceMapping, type SourceMapPayload } from "node:module";
import { ENTRY } from "../support/bundle.ts";
import { openInspector } from "../support/inspector.ts";
import { layOut } from "./report.ts";

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
  readonly children?: readonly number[];
}

/** The profile of the inspector: nodes of the call tree, and the samples. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** Microseconds since the previous sample. */
  readonly timeDeltas: readonly number[];
}

/** A function and its own time. */
export interface SelfTime {
  readonly name: string;
  readonly millis: number;
}

const SAMPLING_MICROS = 200;

/** Profiles a worker while something runs; `inspector` is the emulator's inspector address. */
export const profileWorker = async (
  inspector: URL,
  worker: string,
  run: () => Promise<void>,
): Promise<CpuProfile> => {
  const { send, close } = await openInspector(`ws://${inspector.host}/${worker}`);
  try {
    await send("Profiler.enable");
    await send("Profiler.setSamplingInterval", { interval: SAMPLING_MICROS });
    await send("Profiler.start");
    await run();
    const { profile } = (await send("Profiler.stop")) as { readonly profile: CpuProfile };
    return profile;
  } finally {
    close();
  }
};

/** Reads a bundle's source map. */
export const readSourceMap = (text: string): SourceMap =>
  new SourceMap(JSON.parse(text) as SourceMapPayload);

/** The end of a path that distinguishes files: from src/ or from the package's name on. */
const shortPath = (path: string): string =>
  path
    .replace(/^.*\/node_modules\//, "")
    .replace(/^.*\/src\//, "src/")
    .replace(/^(\.\.\/)+/, "");

const nameOf = ({ callFrame }: ProfileNode, map: SourceMap): string => {
  const { functionName, url, lineNumber, columnNumber } = callFrame;
  const name = functionName === "" ? "(anonymous)" : functionName;
  if (url === "") return name;
  const entry: Partial<SourceMapping> = url.endsWith(ENTRY)
    ? map.findEntry(lineNumber, columnNumber)
    : {};
  const { originalSource, originalLine } = entry;
  if (originalSource === undefined) return `${name} ${url}:${lineNumber + 1}`;
  return `${name} ${shortPath(originalSource)}:${(originalLine ?? 0) + 1}`;
};

/**
 * Functions by their own time, the most expensive first; without idle time.
 *
 * @param map the source map of the bundle, so that functions have the names of their files.
 */
export const selfTimes = (
  { nodes, samples, timeDeltas }: CpuProfile,
  map: SourceMap,
): readonly SelfTime[] => {
  const names = new Map(nodes.map((node) => [node.id, nameOf(node, map)]));
  const micros = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? "";
    // A sample stands for the time until the next one.
    micros.set(name, (micros.get(name) ?? 0) + (timeDeltas[index + 1] ?? 0));
  }
  micros.delete("(idle)");
  return [...micros]
    .map(([name, time]) => ({ name, millis: time / 1000 }))
    .toSorted((left, right) => right.millis - left.millis);
};

/** The most expensive functions as a table; per request. */
export const renderSelfTimes = (times: readonly SelfTime[], requests: number): string => {
  const total = times.reduce((sum, { millis }) => sum + millis, 0);
  return layOut([
    ["function", "ms a request", "share"],
    ...times
      .slice(0, 40)
      .map(({ name, millis }) => [
        name,
        (millis / requests).toFixed(4),
        `${((100 * millis) / total).toFixed(1)} %`,
      ]),
    ["all functions", (total / requests).toFixed(4), "100 %"],
  ]);
};

/** Writes the profile for developer tools. */
export const saveProfile = (file: string, profile: CpuProfile): void =>
  writeFileSync(file, JSON.stringify(profile));
