/** Runs that an admin starts by hand. */
import { payloadOf } from "../../../model/resource.ts";
import type { HarvestContext } from "./context.ts";
import { HarvestError } from "./error.ts";
import { everyRow, findOne, requireOne } from "./list.ts";
import { scheduleOf, type Schedule } from "./records.ts";
import { notFound } from "./runs.ts";
import { trigger, UNREACHED, type Triggered } from "./scheduling.ts";

/** Bound on the schedules of an instrument that are started at once. */
const SCHEDULES_MAX = 100;

/**
 * Starts a run of a schedule, whether it is enabled or not. @throws AppError `not_found`; Refused
 * as `trigger`.
 */
export async function triggerSchedule(context: HarvestContext, id: string): Promise<Triggered> {
  const row = await findOne(context, "harvest_schedule", id, true);
  if (row === undefined) throw notFound("Schedule");
  return trigger(context, scheduleOf(id, payloadOf(row)));
}

const wordsOf = (refused: HarvestError): string => {
  if (refused.message === UNREACHED) return "Prefect server unavailable";
  return refused.status === 400 ? "No Prefect deployment configured" : refused.message;
};

const enabledSchedules = async (
  context: HarvestContext,
  instrumentId: string,
): Promise<readonly Schedule[]> => {
  const where = { enabled: true, instrument_id: instrumentId };
  const listing = { payloadType: "harvest_schedule", where, admin: true, render: () => null };
  const schedules: Schedule[] = [];
  for await (const row of everyRow(context, listing)) {
    schedules.push(scheduleOf(row.identifier, payloadOf(row)));
    if (schedules.length === SCHEDULES_MAX) break;
  }
  return schedules;
};

/** The result for each schedule of an instrument. */
export interface HarvestsBegun {
  readonly triggered: readonly Triggered[];
  readonly errors: readonly { readonly schedule_id: string; readonly error: string }[];
}

/**
 * Starts a run of each enabled schedule of an instrument. A failure of one does not stop the
 * others.
 *
 * @throws AppError `not_found`.
 * @throws HarvestError 400 without an enabled schedule, 502 when none of them could be started.
 */
export async function harvestNow(
  context: HarvestContext,
  instrumentId: string,
): Promise<HarvestsBegun> {
  await requireOne(context, "instrument", instrumentId, "Instrument");
  const schedules = await enabledSchedules(context, instrumentId);
  if (schedules.length === 0) {
    throw new HarvestError(400, "No active schedules configured for this instrument");
  }
  const triggered: Triggered[] = [];
  const errors: { readonly schedule_id: string; readonly error: string }[] = [];
  for (const schedule of schedules) {
    try {
      triggered.push(await trigger(context, schedule));
    } catch (error) {
      if (!(error instanceof HarvestError)) throw error;
      errors.push({ schedule_id: schedule.id, error: wordsOf(error) });
    }
  }
  const [first] = errors;
  if (triggered.length === 0 && first !== undefined) throw new HarvestError(502, first.error);
  return { triggered, errors };
}
