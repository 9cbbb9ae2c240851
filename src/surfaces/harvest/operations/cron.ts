/** When cron expressions are due. */
import { Cron } from "croner";

const cronOf = (expression: string, timezone: string | null): Cron =>
  new Cron(expression, { timezone: timezone ?? "UTC", paused: true });

/** Why an expression with its time zone is invalid; undefined for valid ones. */
export function cronError(
  expression: string,
  timezone: string | null,
): "cron_expression" | "timezone" | undefined {
  try {
    cronOf(expression, null).nextRun();
  } catch {
    return "cron_expression";
  }
  try {
    cronOf(expression, timezone).nextRun();
    return undefined;
  } catch {
    return "timezone";
  }
}

/** The next instants at which it is due, in milliseconds since 1970. */
export function nextDue(
  expression: string,
  timezone: string | null,
  afterMillis: number,
  count: number,
): readonly number[] {
  return cronOf(expression, timezone)
    .nextRuns(count, new Date(afterMillis))
    .map((date) => date.getTime());
}

/** The last instant at which it was due, up to now; undefined when there is none. */
export function lastDue(
  expression: string,
  timezone: string | null,
  nowMillis: number,
): number | undefined {
  // The instant itself counts as well.
  const reference = new Date(nowMillis + 1_000);
  return cronOf(expression, timezone)
    .previousRuns(5, reference)
    .map((date) => date.getTime())
    .find((due) => due <= nowMillis);
}
