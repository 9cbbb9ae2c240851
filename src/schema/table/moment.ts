/** Dates and times in the formats of Table Schema. Pure. */
import { isCalendarDate } from "../../model/time.ts";
import type { Cast, Caster } from "./cast.ts";

/** Parts of a date and a time, as digits. */
interface Parts {
  readonly year: string;
  readonly month: string;
  readonly day: string;
  readonly hour: string;
  readonly minute: string;
  readonly second: string;
  readonly fraction: string;
  readonly zone: string;
}

type Kind = "date" | "time" | "datetime";

const NONE: Parts = {
  year: "1970",
  month: "01",
  day: "01",
  hour: "00",
  minute: "00",
  second: "00",
  fraction: "",
  zone: "",
};

const DATE = String.raw`(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})`;
const TIME = String.raw`(?<hour>\d{2}):(?<minute>\d{2}):(?<second>\d{2})(?:\.(?<fraction>\d{1,9}))?(?<zone>Z|[+-]\d{2}:?\d{2})?`;

const DEFAULTS: Readonly<Record<Kind, RegExp>> = {
  date: new RegExp(`^${DATE}$`),
  time: new RegExp(`^${TIME}$`),
  datetime: new RegExp(`^${DATE}[T ]${TIME}$`),
};

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const monthNumber = (word: string): string =>
  String(MONTHS.indexOf(word.slice(0, 3).toLowerCase()) + 1).padStart(2, "0");

/** Directives of strptime, as pieces of a regular expression. */
const DIRECTIVES: Readonly<Record<string, string>> = {
  Y: String.raw`(?<year>\d{4})`,
  y: String.raw`(?<shortYear>\d{2})`,
  m: String.raw`(?<month>\d{1,2})`,
  d: String.raw`(?<day>\d{1,2})`,
  H: String.raw`(?<hour>\d{1,2})`,
  I: String.raw`(?<halfHour>\d{1,2})`,
  p: String.raw`(?<half>[AaPp][Mm])`,
  M: String.raw`(?<minute>\d{1,2})`,
  S: String.raw`(?<second>\d{1,2})`,
  f: String.raw`(?<fraction>\d{1,6})`,
  z: String.raw`(?<zone>Z|[+-]\d{2}:?\d{2})`,
  b: String.raw`(?<monthName>[A-Za-z]{3})`,
  B: String.raw`(?<monthName>[A-Za-z]{3,9})`,
  a: "[A-Za-z]{3}",
  A: "[A-Za-z]{6,9}",
  "%": "%",
};

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);

/** A pattern of strptime as a regular expression; undefined when it has an unknown directive. */
const patternOf = (format: string): RegExp | undefined => {
  const seen = new Set<string>();
  let source = "";
  for (const [, literal = "", directive] of format.matchAll(/([^%]*)(?:%(.|$))?/gsu)) {
    source += escaped(literal);
    if (directive === undefined) continue;
    const piece = DIRECTIVES[directive];
    // A directive becomes a named group, which a pattern can have only once.
    if (piece === undefined || seen.has(directive)) return undefined;
    seen.add(directive);
    source += piece;
  }
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return undefined;
  }
};

const two = (text: string): string => text.padStart(2, "0");

const hourOf = ({ hour, halfHour, half }: Readonly<Record<string, string | undefined>>): string => {
  if (halfHour === undefined) return two(hour ?? "00");
  const isAfternoon = half?.toLowerCase() === "pm";
  return two(String((Number(halfHour) % 12) + (isAfternoon ? 12 : 0)));
};

const partsOf = (groups: Readonly<Record<string, string | undefined>>): Parts => {
  const { shortYear, monthName, zone = "" } = groups;
  const century = Number(shortYear) < 69 ? "20" : "19";
  return {
    year: groups["year"] ?? (shortYear === undefined ? NONE.year : `${century}${shortYear}`),
    month: monthName === undefined ? two(groups["month"] ?? NONE.month) : monthNumber(monthName),
    day: two(groups["day"] ?? NONE.day),
    hour: hourOf(groups),
    minute: two(groups["minute"] ?? NONE.minute),
    second: two(groups["second"] ?? NONE.second),
    fraction: groups["fraction"] ?? "",
    zone: /^[+-]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone,
  };
};

const isReal = ({ year, month, day, hour, minute, second }: Parts): boolean =>
  isCalendarDate(`${year}-${month}-${day}`) &&
  Number(hour) < 24 &&
  Number(minute) < 60 &&
  Number(second) < 60;

const written = (kind: Kind, parts: Parts): string => {
  const date = `${parts.year}-${parts.month}-${parts.day}`;
  const fraction = parts.fraction === "" ? "" : `.${parts.fraction}`;
  const time = `${parts.hour}:${parts.minute}:${parts.second}${fraction}${parts.zone}`;
  if (kind === "date") return date;
  return kind === "time" ? time : `${date}T${time}`;
};

const orderOf = (kind: Kind, parts: Parts, text: string): number | string => {
  if (kind !== "datetime") return text;
  const millis = Date.parse(`${text}${parts.zone === "" ? "Z" : ""}`);
  return Number.isNaN(millis) ? text : millis;
};

/** Formats that `any` takes in addition to the default. */
const LOOSE = ["%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%Y-%m-%d %H:%M", "%H:%M", "%d %b %Y", "%d %B %Y"];

const formsOf = (kind: Kind, format: string): readonly RegExp[] => {
  if (format === "default") return [DEFAULTS[kind]];
  if (format !== "any") return [patternOf(format)].filter((each) => each !== undefined);
  const loose = LOOSE.map(patternOf).filter((each) => each !== undefined);
  return [DEFAULTS[kind], ...loose];
};

/**
 * Parses a date, a time or both; the result is in the default format, however it was written. An
 * unknown format matches nothing.
 */
export function castMoment(kind: Kind, format: string): Caster {
  const forms = formsOf(kind, format);
  return (text): Cast | undefined => {
    for (const form of forms) {
      const match = form.exec(text);
      if (match === null) continue;
      const parts = partsOf(match.groups ?? {});
      if (!isReal(parts)) return undefined;
      const canonical = written(kind, parts);
      return {
        text: canonical,
        json: JSON.stringify(canonical),
        order: orderOf(kind, parts, canonical),
      };
    }
    return undefined;
  };
}
