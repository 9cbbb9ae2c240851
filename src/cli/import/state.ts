import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { canonicalJson, type Json } from "../../model/json.ts";
import type { Terms } from "./terms.ts";
import { type Counts, NO_COUNTS } from "./report.ts";

/** The progress of an import: stored in a file until it is complete. */
export interface ImportState {
  /** What is imported and how: another file, mapping, server or batch size starts anew. */
  readonly job: string;
  /** Part of the Idempotency-Keys of this import. */
  readonly run: string;
  /** Complete batches of rows, from the first on without a gap. */
  readonly settled: number;
  readonly counts: Counts;
  /** One resource of each of the last complete batches: the server must still have them. */
  readonly witnesses: readonly string[];
  readonly rejectsBytes: number;
  /** The file of rejected rows. */
  readonly rejectsPath?: string | undefined;
  /** What its resources named that is in no list. */
  readonly terms?: Terms;
  /** The first files that were left out, as lines for people. */
  readonly leftOut?: readonly string[];
}

/**
 * Witnesses that are kept: a loss of recent writes (a restored backup) is visible in the last ones.
 */
export const WITNESSES_MAX = 500;

/** What distinguishes one import job from another. */
export interface Job {
  readonly fileHash: string;
  readonly mapping: Json;
  readonly url: string;
  readonly rowsPerBatch: number;
  readonly limit: number | null;
  /** Files are uploaded as well. */
  readonly withFiles?: true;
  /** Why it writes: part of what its Idempotency-Keys stand for. */
  readonly reason?: string;
}

/** The name of a job: SHA-256 of its parameters. */
export function jobName(job: Job): string {
  return createHash("sha256")
    .update(canonicalJson({ ...job }))
    .digest("hex");
}

/** Default file of a job's state: beside the stored logins. */
export function defaultStatePath(folder: string, job: string): string {
  return join(folder, "imports", `${job.slice(0, 16)}.json`);
}

/** The state of a job that has not started. */
export function freshState(job: string): ImportState {
  return {
    job,
    run: randomUUID(),
    settled: 0,
    counts: NO_COUNTS,
    witnesses: [],
    rejectsBytes: 0,
  };
}

/** Reads a job's state; undefined for a missing, damaged or foreign file. */
export function loadState(path: string, job: string): ImportState | undefined {
  try {
    const state = JSON.parse(readFileSync(path, "utf8")) as ImportState;
    if (state.job !== job) return undefined;
    // A state of an earlier release knows fewer counts.
    return { ...state, counts: { ...NO_COUNTS, ...state.counts } };
  } catch {
    return undefined;
  }
}

/** Writes the state atomically: a kill leaves the old or the new one. */
export function saveState(path: string, state: ImportState): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, JSON.stringify(state));
  renameSync(draft, path);
}

/** Removes the state of a complete job. */
export function removeState(path: string): void {
  rmSync(path, { force: true });
}
