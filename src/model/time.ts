/**
 * An instant of transaction time: whole microseconds since 1970-01-01T00:00:00Z. Safe as a number
 * until the year 2255.
 */
export type InstantMicros = number;

/** The instant of this machine's clock, which counts milliseconds. */
export function nowMicros(): InstantMicros {
  return Date.now() * 1_000;
}

const PATTERN =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?([Zz]|([+-])(\d{2}):(\d{2}))$/;

const daysInMonth = (year: number, month: number): number =>
  new Date(Date.UTC(year, month, 0)).getUTCDate();

const inRange = (value: number, low: number, high: number): boolean =>
  value >= low && value <= high;

/** Milliseconds since 1970, and the remaining microseconds of the text. */
interface InstantParts {
  readonly millis: number;
  /** From 0 to 999,999. */
  readonly micros: number;
}

const instantParts = (text: string): InstantParts | undefined => {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const offsetHours = Number(match[10] ?? 0);
  const offsetMinutes = Number(match[11] ?? 0);
  const valid =
    inRange(month, 1, 12) &&
    inRange(day, 1, daysInMonth(year, month)) &&
    inRange(hour, 0, 23) &&
    inRange(minute, 0, 59) &&
    inRange(second, 0, 59) &&
    inRange(offsetHours, 0, 23) &&
    inRange(offsetMinutes, 0, 59);
  if (!valid) return undefined;
  const offset = (match[9] === "-" ? -1 : 1) * (offsetHours * 60 + offsetMinutes) * 60_000;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, 0);
  const micros = Number((match[7] ?? "").padEnd(6, "0"));
  return { millis: date.getTime() - offset, micros };
};

/**
 * Parses an RFC 3339 instant with any offset and up to microseconds. Before 1684 and after 2255 the
 * result is the nearest number, not the exact one: see `parseInstantExactly`. Returns undefined for
 * everything else: a date that does not exist, an instant without offset, more digits.
 */
export function parseInstant(text: string): InstantMicros | undefined {
  const parts = instantParts(text);
  return parts === undefined ? undefined : parts.millis * 1000 + parts.micros;
}

/** Parses the same strings as `parseInstant`, and returns the exact microseconds of any year. */
export function parseInstantExactly(text: string): bigint | undefined {
  const parts = instantParts(text);
  return parts === undefined ? undefined : BigInt(parts.millis) * 1000n + BigInt(parts.micros);
}

const DAY_MICROS = 86_400_000_000;

/** The numbers from 0 in two digits, for hours, minutes and seconds. */
const PAIRS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, "0"));

/**
 * Pages contain hundreds of instants, most of the same few days, and formatting the date is the
 * expensive part.
 */
const dates = new Map<number, string>();
const DATES_MAX = 1_000;

/** A day since 1970 up to its hours: `2026-11-24T`. */
const dateOf = (day: number): string => {
  const known = dates.get(day);
  if (known !== undefined) return known;
  const iso = new Date(day * 86_400_000).toISOString();
  const date = iso.slice(0, iso.indexOf("T") + 1);
  if (dates.size >= DATES_MAX) dates.clear();
  dates.set(day, date);
  return date;
};

/** Writes an instant as RFC 3339 UTC with six decimals, e.g. `2026-11-24T08:30:00.000000Z`. */
export function formatInstant(instant: InstantMicros): string {
  const day = Math.floor(instant / DAY_MICROS);
  const micros = instant - day * DAY_MICROS;
  const seconds = Math.floor(micros / 1_000_000);
  const minutes = Math.floor(seconds / 60);
  const fraction = String(micros - seconds * 1_000_000).padStart(6, "0");
  return `${dateOf(day)}${PAIRS[Math.floor(minutes / 60)]}:${PAIRS[minutes % 60]}:${PAIRS[seconds % 60]}.${fraction}Z`;
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/** True for a calendar date `YYYY-MM-DD` (RFC 3339 full-date) that exists. */
export function isCalendarDate(text: string): boolean {
  const match = DATE.exec(text);
  if (match === null) return false;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  return inRange(month, 1, 12) && inRange(day, 1, daysInMonth(year, month));
}
