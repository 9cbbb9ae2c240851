/** Counts and statistics, worked out anew where something has changed. */
import { openSession } from "../store/database.ts";
import { settle } from "../store/settled/settle.ts";

/** One run of the Cron Trigger: some slices, so that other calls get their turn between them. */
const PACE = { callsMax: 150, millisMax: 10_000 };

/** Goes on where the last run stopped. */
export const settleSome = async (database: D1Database): Promise<void> => {
  await settle(openSession(database, "first-primary"), PACE);
};
