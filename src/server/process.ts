/** The process of the runtime, which its API does not expose. */
import type { ChildProcess } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { basename } from "node:path";
import type { Readable } from "node:stream";

const CHANNEL = "child_process";

/** Records processes of the runtime that are started from now on. */
export interface Watch {
  /** The latest one that runs. */
  readonly newest: () => ChildProcess | undefined;
  readonly end: () => void;
}

/** How long output gathers in the pipe before it is read. */
const GATHER_MILLIS = 20;
/** Bytes after which it is read on at once: half of what a pipe holds, since a full one stops its writer. */
const GATHER_BYTES_MAX = 32_768;

/** The part of a pipe that Node's API does not expose: `pause` alone goes on reading into memory. */
interface Pipe {
  readonly readStop: () => void;
  readonly readStart: () => void;
}

/**
 * Reads a process's output a few times a second rather than line by line: each line would wake this
 * process, which costs more than to pass it on.
 */
function gather(output: Readable): void {
  const pipe = Reflect.get(output, "_handle") as Partial<Pipe> | null | undefined;
  if (pipe?.readStop === undefined || pipe.readStart === undefined) return;
  const { readStop, readStart } = pipe;
  output.on("data", ({ length }: Buffer) => {
    if (length > GATHER_BYTES_MAX) return;
    readStop.call(pipe);
    setTimeout(() => {
      if (!output.destroyed) readStart.call(pipe);
    }, GATHER_MILLIS);
  });
}

const isRuntime = ({ spawnfile }: ChildProcess): boolean =>
  basename(spawnfile).startsWith("workerd");

/**
 * Starts to watch. Several runtimes in one process are distinguished by when they start.
 *
 * @param onExit called when one has ended, for whatever reason.
 */
export function watchProcesses(onExit: () => void): Watch {
  const found: ChildProcess[] = [];
  const note = (message: unknown): void => {
    const { process: child } = message as { readonly process: ChildProcess };
    // Its executable is known only after it was started.
    queueMicrotask(() => {
      if (!isRuntime(child)) return;
      found.push(child);
      if (child.stdout !== null) gather(child.stdout);
      child.once("exit", onExit);
    });
  };
  subscribe(CHANNEL, note);
  return {
    newest: () =>
      found.findLast(({ exitCode, signalCode }) => exitCode === null && signalCode === null),
    end: () => unsubscribe(CHANNEL, note),
  };
}

/** How long the end of a process's output is waited for: somebody else may hold its pipe. */
const OUTPUT_MILLIS = 2_000;

/** Resolves when a process has ended and all that it wrote was read; at once without one. */
export async function outputEnded(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  child.once("exit", () => {
    timer = setTimeout(resolve, OUTPUT_MILLIS);
  });
  child.once("close", resolve);
  await promise;
  clearTimeout(timer);
}

/**
 * Tells the runtime to accept no more connections, to finish the pending responses, and to end.
 *
 * @param onEnd called at once when it has ended, before another runtime can start.
 * @returns false when it still ran after the time.
 */
export function drain(child: ChildProcess, millis: number, onEnd: () => void): Promise<boolean> {
  return new Promise((settle) => {
    const timer = setTimeout(() => settle(false), millis);
    child.once("exit", () => {
      clearTimeout(timer);
      onEnd();
      settle(true);
    });
    child.kill("SIGTERM");
  });
}
