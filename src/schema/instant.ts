import { parseInstant } from "../model/time.ts";

const CANONICAL_LENGTH = "2026-11-24T08:30:00.000000Z".length;
const OFFSET = /(?:Z|[+-]\d{2}:\d{2})$/;

/**
 * The canonical form of an RFC 3339 instant: UTC with six decimals, so that string order is time
 * order. Undefined when the string is not an instant or is outside of the years 0000 to 9999 in
 * UTC. Works on strings, because microseconds of distant years do not fit a number.
 */
export function canonicalInstant(text: string): string | undefined {
  if (parseInstant(text) === undefined) return undefined;
  const upper = text.toUpperCase();
  if (upper.length === CANONICAL_LENGTH && upper.endsWith("Z")) return upper;
  const offset = OFFSET.exec(upper)?.[0] ?? "Z";
  const fraction = upper.slice("2026-11-24T08:30:00".length, -offset.length);
  const seconds = new Date(upper.slice(0, "2026-11-24T08:30:00".length) + offset).toISOString();
  if (seconds.length !== "2026-11-24T08:30:00.000Z".length) return undefined;
  return `${seconds.slice(0, -"000Z".length)}${fraction.slice(1).padEnd(6, "0")}Z`;
}
