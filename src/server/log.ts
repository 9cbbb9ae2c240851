/** The log of a production server: one JSON object per line, on standard error. */

/** Writes a line. */
export type WriteLine = (line: string) => void;

/** The level of a line. */
export type Level = "info" | "warn" | "error";

const isObject = (text: string): boolean => {
  if (!text.startsWith("{")) return false;
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
};

const LEVELS: Readonly<Record<string, Level>> = { error: "error", warn: "warn" };

/** A line of our own: what happened, and further members. */
export function logLine(
  level: Level,
  event: string,
  members: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({ time: new Date().toISOString(), level, event, ...members });
}

/**
 * A line that the Worker or its runtime wrote. The Worker's own are JSON, and are passed on
 * unchanged.
 */
export function workerLine(level: string, message: string): string {
  const line = message.trimEnd();
  if (!isObject(line)) return logLine(LEVELS[level] ?? "info", "runtime", { message: line });
  return `{"time":${JSON.stringify(new Date().toISOString())},${line.slice(1)}`;
}
