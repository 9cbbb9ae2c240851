/** The log of a production server: one JSON object per line, on standard error. */

/** Writes a line. */
export type WriteLine = (line: string) => void;

/** The level of a line. */
export type Level = "info" | "warn" | "error";

/** How each line of the Worker's request log begins: of these it is known that they are JSON. */
const REQUEST = /^\{"level":"(?:info|error)","request_id":"/;

const isObject = (text: string): boolean => {
  if (!text.startsWith("{")) return false;
  if (REQUEST.test(text)) return text.endsWith("}");
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
  time: string = new Date().toISOString(),
): string {
  return JSON.stringify({ time, level, event, ...members });
}

/**
 * A line that the Worker or its runtime wrote, at an instant in milliseconds. The Worker's own are
 * JSON, and are passed on unchanged.
 */
export function workerLine(level: string, message: string, millis: number): string {
  const line = message.trimEnd();
  const time = new Date(millis).toISOString();
  if (isObject(line)) return `{"time":"${time}",${line.slice(1)}`;
  return logLine(LEVELS[level] ?? "info", "runtime", { message: line }, time);
}

/**
 * Writes the lines of one turn of the event loop at once: a write costs as much as several lines. No
 * line waits for input or a timer, and none is lost when the process exits after an await.
 *
 * @param write writes text that ends with the end of a line.
 */
export function batchedLines(write: (text: string) => void): WriteLine {
  let lines: string[] = [];
  return (line) => {
    lines.push(line);
    if (lines.length > 1) return;
    queueMicrotask(() => {
      const text = `${lines.join("\n")}\n`;
      lines = [];
      write(text);
    });
  };
}
