/** The log of a server for production: one JSON object a line, on standard error. */

/** Writes a line. */
export type WriteLine = (line: string) => void;

/** How much a line matters. */
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

/** A line of our own: what happened, and members that tell more. */
export function logLine(
  level: Level,
  event: string,
  members: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({ time: new Date().toISOString(), level, event, ...members });
}

/** A line that the Worker or its runtime wrote. The Worker's own are JSON, and stay as they are. */
export function workerLine(level: string, message: string): string {
  const line = message.trimEnd();
  if (!isObject(line)) return logLine(LEVELS[level] ?? "info", "runtime", { message: line });
  return `{"time":${JSON.stringify(new Date().toISOString())},${line.slice(1)}`;
}
