import { expect } from "vitest";
import { openSession } from "../../../src/store/sql/session.ts";
import { refreshRollups } from "../../../src/store/closure/refresh.ts";
import type { Run } from "../../unit/closure/edits.ts";
import { faultyDatabase } from "../databases/faulty.ts";

/** Runs the job that refreshes rollups as a history says: cut off, broken, or twice at once. */
export const runJob = async (
  database: D1Database,
  { calls, slices, twice, fault, when }: Run,
): Promise<void> => {
  const faulty = faultyDatabase(database);
  faulty.arm(fault === 0 ? undefined : { call: fault, when });
  const last = await database.prepare("SELECT max(rid) AS rid FROM resources").first<number>("rid");
  const pace = { callsMax: calls, millisMax: 60_000, sliceRids: Math.ceil((last ?? 1) / slices) };
  const runs = (twice ? [pace, { ...pace, sliceRids: pace.sliceRids + 3 }] : [pace]).map((each) =>
    refreshRollups(openSession(faulty.database, "first-primary"), each),
  );
  for (const { status, reason } of (await Promise.allSettled(runs)) as PromiseRejectedResult[]) {
    if (status === "rejected") expect(String(reason)).toContain("Network connection lost");
  }
};
