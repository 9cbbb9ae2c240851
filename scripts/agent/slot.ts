import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

const holderOf = (path: string): number => {
  try {
    return Number(readFileSync(path, "utf8"));
  } catch {
    return 0;
  }
};

const taken = (path: string): boolean => {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return false;
  } catch {
    const pid = holderOf(path);
    return Number.isInteger(pid) && pid > 0 && isAlive(pid);
  }
};

const SLOTS_MAX = 1_000;

/**
 * A number that no other running agent of this machine has for the place: the lowest one, so that
 * an agent that was killed and starts again gets the same. Freed when the process ends.
 */
export const takeSlot = (place: string): number => {
  const folder = join(tmpdir(), `vxdata-agent-${userInfo().uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const name = createHash("sha256").update(place).digest("hex").slice(0, 32);
  for (let slot = 1; slot <= SLOTS_MAX; slot += 1) {
    const path = join(folder, `${name}.${slot}`);
    if (taken(path)) continue;
    // The holder is gone. Of two that notice it at once, the one that writes last gets the slot.
    if (holderOf(path) !== process.pid) writeFileSync(path, String(process.pid));
    if (holderOf(path) !== process.pid) continue;
    process.once("exit", () => rmSync(path, { force: true }));
    return slot;
  }
  throw new Error("There are too many agents.");
};
