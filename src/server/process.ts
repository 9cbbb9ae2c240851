/** The process of the runtime, which its API does not expose. */
import type { ChildProcess } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { basename } from "node:path";

const CHANNEL = "child_process";

/** Records processes of the runtime that are started from now on. */
export interface Watch {
  /** The latest one that runs. */
  readonly newest: () => ChildProcess | undefined;
  readonly end: () => void;
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
