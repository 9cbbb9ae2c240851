/** When a dataset gets a new revision: `every <whole number><unit>`. Pure. */
import { refuseSpec } from "./error.ts";

const SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  w: 604_800,
};

const PERIOD_SECONDS_MIN = 60;
/** A hundred years: a longer period is a mistake. */
const PERIOD_SECONDS_MAX = 3_155_760_000;

/**
 * Parses the `schedule` of a specification: the period in seconds, null for none.
 *
 * @throws SpecError naming the error.
 */
export function parseSchedule(schedule: unknown): number | null {
  if (schedule === undefined || schedule === null) return null;
  if (typeof schedule !== "string") return refuseSpec("schedule", "text such as every 1d");
  const text = schedule.trim();
  if (!/^every\s/.test(text)) return refuseSpec("schedule", "a text that starts with 'every '");
  const rest = text.slice("every ".length).trim();
  const unit = SECONDS[rest.at(-1) ?? ""];
  if (unit === undefined) {
    return refuseSpec("schedule", "a unit at the end: s, m, h, d or w");
  }
  const number = rest.slice(0, -1).trim();
  if (!/^\d{1,10}$/.test(number)) return refuseSpec("schedule", "a whole number before the unit");
  const seconds = Number(number) * unit;
  if (seconds < PERIOD_SECONDS_MIN) {
    return refuseSpec("schedule", `a period of at least ${PERIOD_SECONDS_MIN} seconds`);
  }
  return seconds > PERIOD_SECONDS_MAX
    ? refuseSpec("schedule", "a period of at most a hundred years")
    : seconds;
}

/**
 * The next run, given the one that was planned. One in the future stays, whatever the period is
 * now; one in the past moves by whole periods, so that its phase is kept.
 *
 * @param planned null: none yet. All in one unit, e.g. seconds.
 */
export function nextRun(period: number | null, planned: number | null, now: number): number | null {
  if (period === null) return null;
  if (planned === null) return now + period;
  return planned >= now ? planned : planned + Math.ceil((now - planned) / period) * period;
}
