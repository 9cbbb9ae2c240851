/** Instants as people write them. */
import { UsageError } from "./command.ts";

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const LOCAL = /^(\d{4})-(\d{2})-(\d{2})[t ](\d{2}):(\d{2})(?::(\d{2}))?$/;

const pad = (value: number, digits = 2): string => String(value).padStart(digits, "0");

/** An instant in RFC 3339 with the offset of the local time zone. */
function localText(date: Date): string {
  const offset = -date.getTimezoneOffset();
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  const day = `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  const zone = `${offset < 0 ? "-" : "+"}${pad(hours)}:${pad(minutes)}`;
  return `${day}T${time}.${pad(date.getMilliseconds(), 3)}${zone}`;
}

/** A local time; undefined when the calendar does not have it. */
const localDate = (numbers: readonly number[]): Date | undefined => {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = numbers;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(2000, 0, 1, hour, minute, second);
  // `new Date(99, ...)` would be the year 1999.
  date.setFullYear(year, month - 1, day);
  return date.getMonth() === month - 1 && date.getDate() === day ? date : undefined;
};

/** The last moment of a local day; of the present one, now. */
const endOfDay = (start: Date, now: Date): Date => {
  const next = new Date(start);
  next.setDate(next.getDate() + 1);
  const end = new Date(next.getTime() - 1);
  return start <= now && end > now ? now : end;
};

const numbersIn = (match: RegExpExecArray): readonly number[] =>
  match.slice(1).map((text) => Number(text ?? 0));

const parsed = (text: string, now: Date): Date | undefined => {
  if (text === "now") return now;
  const days = ["today", "yesterday"].indexOf(text);
  if (days !== -1) {
    const start = new Date(now.getFullYear(), now.getMonth(), now.getDate() - days);
    return endOfDay(start, now);
  }
  const day = DAY.exec(text);
  if (day !== null) {
    const start = localDate(numbersIn(day));
    return start === undefined ? undefined : endOfDay(start, now);
  }
  const local = LOCAL.exec(text);
  return local === null ? undefined : localDate(numbersIn(local));
};

/**
 * The instant that a text names, in RFC 3339: one in RFC 3339 as it is, a time without an offset in
 * the local time zone, and a day (`2026-01-31`, `today`, `yesterday`) by its last moment there, so
 * that what was done on that day is in the state. The present day ends now.
 *
 * @throws {UsageError} for another text.
 */
export function instantOf(option: string, text: string, now: Date): string {
  if (RFC_3339.test(text)) return text.replace(" ", "T");
  const instant = parsed(text.trim().toLowerCase(), now);
  if (instant !== undefined) return localText(instant);
  throw new UsageError(
    `${option} takes a date (2026-01-31), yesterday, or an instant (2026-01-31T12:00:00Z), not ${text}`,
  );
}
