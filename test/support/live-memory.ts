// What an isolate holds on to at a place of its code, as its inspector tells it.
import { setTimeout as sleep } from "node:timers/promises";
import { openInspector, type Inspector } from "../../scripts/support/inspector.ts";

/** Megabytes that are alive: nothing of it would be freed by a collection of garbage. */
interface LiveMemory {
  readonly heap: number;
  /** What array buffers hold, which is not on the heap. */
  readonly buffers: number;
}

/** What was alive at a stop. */
export interface Look extends LiveMemory {
  /** The function that had come past the place. */
  readonly at: string;
}

/** Looks at the memory of one server's isolate. */
export interface MemoryWatch {
  /** What is alive while something runs, each time that it comes past the place. */
  readonly during: (run: () => Promise<void>) => Promise<readonly Look[]>;
  readonly close: () => Promise<void>;
}

/** Lines at which the isolate stops. */
export interface Places {
  /** Those that it comes past again and again, of which it is looked at ever fewer. */
  readonly steps: string;
  /** Those that it is looked at every time. */
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

/** The first step that is looked at, and how much rarer each look is than the one before. */
const SPREAD = 8;
const PAUSE_MILLIS = 20;
const MEGABYTE = 1_048_576;

/**
 * What is alive while the isolate stands still: to look for objects collects garbage at once, which
 * the command for it does only when the isolate goes on.
 */
const liveMemory = async ({ ask }: Inspector, prototypeObjectId: string): Promise<LiveMemory> => {
  const objectGroup = "looked for";
  await ask("Runtime.queryObjects", { prototypeObjectId, objectGroup });
  await ask("Runtime.releaseObjectGroup", { objectGroup });
  const answer = await ask("Runtime.getHeapUsage");
  const { usedSize, embedderHeapUsedSize, backingStorageSize } = answer as HeapUsage;
  return {
    heap: (usedSize + embedderHeapUsedSize) / MEGABYTE,
    buffers: backingStorageSize / MEGABYTE,
  };
};

/** An isolate with nothing to do answers its inspector when the next request wakes it. */
const whileAwake = async <Answer>(url: string, answer: Promise<Answer>): Promise<Answer> => {
  let isAnswered = false;
  const answered = answer.finally(() => {
    isAnswered = true;
  });
  // It may fail while the request is under way: who waits for it hears of that below.
  answered.catch(() => undefined);
  while (!isAnswered) {
    await (await fetch(`${url}/health`)).text();
    await Promise.race([answered, sleep(PAUSE_MILLIS)]);
  }
  return answered;
};

/**
 * Each look costs a third of a second: the isolate itself counts how often it has come past a step
 * since the last end, and stops ever more rarely.
 */
const DUE = `(() => {
  const pace = (globalThis.memoryPace ??= { passed: 0, next: ${SPREAD} });
  pace.passed += 1;
  if (pace.passed < pace.next) return false;
  pace.next = pace.passed * ${SPREAD};
  return true;
})()`;
const AFRESH = "(globalThis.memoryPace = undefined) === undefined";

/** Has the isolate stop at each line of its scripts that matches. */
const stopAt = async (
  { ask }: Inspector,
  scripts: readonly Script[],
  pattern: string,
  condition: string,
): Promise<void> => {
  let lines = 0;
  for (const { scriptId } of scripts) {
    const query = { scriptId, query: pattern, isRegex: true };
    const found = await ask("Debugger.searchInContent", query);
    // Of a script that is gone meanwhile there is no result.
    for (const { lineNumber } of (found as { readonly result?: readonly Line[] }).result ?? []) {
      const location = { scriptId, lineNumber };
      await ask("Debugger.setBreakpoint", { location, condition });
      lines += 1;
    }
  }
  if (lines === 0) throw new Error(`no line of the Worker matches ${pattern}`);
};

const begin = async (inspector: Inspector, places: Places) => {
  const scripts: Script[] = [];
  inspector.on("Debugger.scriptParsed", (script) => scripts.push(script as Script));
  await inspector.ask("Debugger.enable");
  await stopAt(inspector, scripts, places.steps, DUE);
  await stopAt(inspector, scripts, places.ends, AFRESH);
};

const TRIES_MAX = 30;

/** Connects, once the inspector has let go of who looked before: it takes one at a time. */
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
 * Begins to look at a server's isolate where it comes past some lines of its code. It stands still
 * meanwhile: left to itself, the emulator lets an inspector in once in seconds.
 * @throws {Error} when no line matches.
 */
export const openMemoryWatch = async (
  server: { readonly url: string; readonly inspector: string | undefined },
  places: Places,
): Promise<MemoryWatch> => {
  if (server.inspector === undefined) throw new Error("The server was started without inspector.");
  const inspector = await connected(server.url, server.inspector, places);
  const { ask, on, close } = inspector;
  return {
    during: async (run) => {
      const looks: Look[] = [];
      const stopped = async ({ callFrames }: Stop): Promise<void> => {
        const [{ functionName, scopeChain }] = callFrames;
        const live = await liveMemory(inspector, scopeChain[0].object.objectId);
        looks.push({ at: functionName, ...live });
        await ask("Debugger.resume");
      };
      let failure: unknown;
      on("Debugger.paused", (stop) => {
        stopped(stop as Stop).catch((error: unknown) => {
          failure = error;
        });
      });
      await run();
      if (failure !== undefined) throw failure;
      return looks;
    },
    close: async () => {
      await whileAwake(server.url, ask("Debugger.disable"));
      close();
    },
  };
};
