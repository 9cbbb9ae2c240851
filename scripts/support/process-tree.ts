import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

type Parents = ReadonlyMap<number, number>;

/** The parent follows the name, which is in parentheses and may contain some itself. */
const parentIn = (stat: string): number =>
  Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);

const parentsFromProc = (): Parents =>
  new Map(
    readdirSync("/proc").flatMap((name) => {
      if (!/^\d+$/.test(name)) return [];
      try {
        return [[Number(name), parentIn(readFileSync(`/proc/${name}/stat`, "utf8"))] as const];
      } catch {
        // It ended while we were reading.
        return [];
      }
    }),
  );

const parentsFromPs = (): Parents => {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).split("\n");
  return new Map(
    lines.flatMap((line) => {
      const [pid, parent] = line.trim().split(/\s+/).map(Number);
      return pid === undefined || parent === undefined ? [] : [[pid, parent] as const];
    }),
  );
};

/** The parent of every running process. Slim Linux images have no `ps`. */
const parents = (): Parents =>
  existsSync("/proc/self/stat") ? parentsFromProc() : parentsFromPs();

/** A process and all its descendants. */
export const processTree = (root: number): readonly number[] => {
  const known = parents();
  const tree = [root];
  for (const pid of tree) {
    for (const [child, parent] of known) if (parent === pid) tree.push(child);
  }
  return tree;
};

const send = (pid: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(pid, signal);
  } catch {
    // It is gone already.
    return false;
  }
};

const gone = async (pids: readonly number[], seconds: number): Promise<boolean> => {
  const deadline = Date.now() + seconds * 1000;
  while (pids.some((pid) => send(pid, 0))) {
    if (Date.now() > deadline) return false;
    await sleep(25);
  }
  return true;
};

/** Kills a process and all its descendants at once (SIGKILL), and waits until they are gone. */
export const killTree = async (root: number): Promise<void> => {
  const tree = processTree(root);
  for (const pid of tree) send(pid, "SIGKILL");
  await gone(tree, 10);
};

/** Ends a process (SIGINT, like Ctrl-C); kills what is left after the time. */
export const endTree = async (root: number, seconds = 10): Promise<void> => {
  const tree = processTree(root);
  send(root, "SIGINT");
  if (await gone(tree, seconds)) return;
  for (const pid of tree) send(pid, "SIGKILL");
  await gone(tree, 5);
};
