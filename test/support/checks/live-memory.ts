// The live memory of an isolate at a place of its code, by its inspector.
import { setTimeout as sleep } from "node:timers/promises";
import { openInspector, type Inspector } from "../../../scripts/support/inspector.ts";

/** Live megabytes: a garbage collection would free nothing of it. */
interface LiveMemory {
  readonly heap: number;
  /** Memory of array buffers, which is not on the heap. */
  readonly buffers: number;
}

/** The live memory at a breakpoint. */
export interface Measurement extends LiveMemory {
  /** The function with the breakpoint. */
  readonly at: string;
}

/** Measures the memory of one server's isolate. */
export interface MemoryWatch {
  /** The live memory while something runs, at each breakpoint. */
  readonly during: (run: () => Promise<void>) => Promise<readonly Measurement[]>;
  readonly close: () => Promise<void>;
}

/** Lines at which the isolate stops. */
export interface Places {
  /** Those that are hit again and again, and are measured less and less often. */
  readonly steps: string;
  /** Those that are measured every time. */
  readonly ends: string;
}

interface HeapUsage {
  readonly usedSize: number;
  readonly embedderHeapUsedSize: number;
  readonly backingStorageSize: number;
}

interface Script {
  readonly scriptId: string;
}

interface Stop {
  readonly callFrames: readonly [
    {
      readonly functionName: string;
      readonly scopeChain: readonly [{ readonly object: { readonly objectId: string } }];
    },
  ];
}

interface Line {
  readonly lineNumber: number;
}

/** The first step that is measured, and how much rarer each measurement is than the one before. */
const SPREAD = 8;
const PAUSE_MILLIS = 20;
const MEGABYTE = 1_048_576;

/**
 * The live memory while the isolate is paused: querying objects collects garbage at once, which the
 * command for it does only when the isolate continues.
 */
const liveMemory = async ({ send }: Inspector, prototypeObjectId: string): Promise<LiveMemory> => {
  const objectGroup = "looked for";
  await send("Runtime.queryObjects", { prototypeObjectId, objectGroup });
  await send("Runtime.releaseObjectGroup", { objectGroup });
  const answer = await send("Runtime.getHeapUsage");
  const { usedSize, embedderHeapUsedSize, backingStorageSize } = answer as HeapUsage;
  return {
    heap: (usedSize + embedderHeapUsedSize) / MEGABYTE,
    buffers: backingStorageSize / MEGABYTE,
  };
};

/** An idle isolate responds to its inspector only when the next request wakes it. */
const whileAwake = async <Answer>(url: string, answer: Promise<Answer>): Promise<Answer> => {
  let isAnswered = false;
  const answered = answer.finally(() => {
    isAnswered = true;
  });
  // It may fail while the request is running: the error is reported below.
  answered.catch(() => undefined);
  while (!isAnswered) {
    await (await fetch(`${url}/health`)).text();
    await Promise.race([answered, sleep(PAUSE_MILLIS)]);
  }
  return answered;
};

/**
 * Each measurement takes a third of a second, so the isolate itself counts how often a step was hit
 * since the last end, and pauses less and less often.
 */
const DUE = `(() => {
  const pace = (globalThis.memoryPace ??= { passed: 0, next: ${SPREAD} });
  pace.passed += 1;
  if (pace.passed < pace.next) return false;
  pace.next = pace.passed * ${SPREAD};
  return true;
})()`;
const AFRESH = "(globalThis.memoryPace = undefined) === undefined";

/** Sets a breakpoint at each line of its scripts that matches. */
const stopAt = async (
  { send }: Inspector,
  scripts: readonly Script[],
  pattern: string,
  condition: string,
): Promise<void> => {
  let lines = 0;
  for (const { scriptId } of scripts) {
    const query = { scriptId, query: pattern, isRegex: true };
    const found = await send("Debugger.searchInContent", query);
    // There is no result for a script that is gone meanwhile.
    for (const { lineNumber } of (found as { readonly result?: readonly Line[] }).result ?? []) {
      const location = { scriptId, lineNumber };
      await send("Debugger.setBreakpoint", { location, condition });
      lines += 1;
    }
  }
  if (lines === 0) throw new Error(`no line of the Worker matches ${pattern}`);
};

const begin = async (inspector: Inspector, places: Places) => {
  const scripts: Script[] = [];
  inspector.on("Debugger.scriptParsed", (script) => scripts.push(script as Script));
  await inspector.send("Debugger.enable");
  await stopAt(inspector, scripts, places.steps, DUE);
  await stopAt(inspector, scripts, places.ends, AFRESH);
};

const TRIES_MAX = 30;

/** Connects, once the inspector has released the previous client: it accepts one at a time. */
const connected = async (url: string, address: string, places: Places): Promise<Inspector> => {
  for (let tries = 1; ; tries += 1) {
    const inspector = await openInspector(address);
    try {
      await whileAwake(url, begin(inspector, places));
      return inspector;
    } catch (error) {
      inspector.close();
      if (tries === TRIES_MAX) throw error;
      await sleep(PAUSE_MILLIS);
    }
  }
};

/**
 * Starts to measure a server's isolate at some lines of its code. It is paused meanwhile: otherwise
 * the emulator accepts an inspector only once in seconds.
 * @throws {Error} when no line matches.
 */
export const openMemoryWatch = async (
  server: { readonly url: string; readonly inspector: string | undefined },
  places: Places,
): Promise<MemoryWatch> => {
  if (server.inspector === undefined) throw new Error("The server was started without inspector.");
  const inspector = await connected(server.url, server.inspector, places);
  const { send, on, close } = inspector;
  return {
    during: async (run) => {
      const measurements: Measurement[] = [];
      const stopped = async ({ callFrames }: Stop): Promise<void> => {
        const [{ functionName, scopeChain }] = callFrames;
        const live = await liveMemory(inspector, scopeChain[0].object.objectId);
        measurements.push({ at: functionName, ...live });
        await send("Debugger.resume");
      };
      let failure: unknown;
      on("Debugger.paused", (stop) => {
        stopped(stop as Stop).catch((error: unknown) => {
          failure = error;
        });
      });
      await run();
      if (failure !== undefined) throw failure;
      return measurements;
    },
    close: async () => {
      await whileAwake(server.url, send("Debugger.disable"));
      close();
    },
  };
};
