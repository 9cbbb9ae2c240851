// Checks the Worker's log line by line: every test of the Worker runs with it.
import { afterAll, expect, vi } from "vitest";

/** Words that tests plant as personal data: a log may repeat none of them. */
export const CANARY = "canary-7f3e";

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";

/** The members that a line may have, and their permitted values: nothing that a caller chose. */
const MEMBERS: Readonly<Record<string, RegExp>> = {
  level: /^(?:info|warn|error)$/,
  job: /^source (?:schedule|flow)$/,
  event:
    /^(?:rate limit unreachable|hook failed|prefect \w+ failed|database file|ready|stopping|stopped)$/,
  // Lines of a production server about itself.
  time: /^\d{4}-\d\d-\d\dT[\d:.]+Z$/,
  url: /^http:\/\/127\.0\.0\.1:\d+$/,
  listen: /^127\.0\.0\.1:\d+$/,
  pid: /^\d+$/,
  reason: /^SQLITE_[A-Z]+$/,
  detail: /^The database lacks tables of this version: /,
  hook: new RegExp(`^${UUID}$`),
  request_id: new RegExp(`^${UUID}$`),
  method: /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|OTHER)$/,
  // A pattern of the router: its parameters are names, with their patterns in braces.
  route: /^\/(?:[\w.*-]+|:\w+(?:\{[^}]*\}+)?|\/)*$/,
  status: /^[1-5]\d\d$/,
  ms: /^\d+$/,
  principal: new RegExp(`^(?:anonymous|(?:user|apk):${UUID}|system:\\w+)$`),
  d1_calls: /^\d+$/,
  rows_read: /^\d+$/,
  rows_written: /^\d+$/,
  name: /^[A-Za-z]\w{0,39}$/,
  stack: /^(?:\s+at [^"']+,?)*$/,
};

/** What must not be in any output: tokens, addresses, passwords, signed URLs. */
const FORBIDDEN =
  /canary-7f3e|eyJ[\w-]{8,}\.[\w-]+\.[\w-]+|[\w.+-]+@(?:example|clinic|matrix|there)\.\w+|correct horse battery|X-Amz-(?:Signature|Credential)=|\$scrypt\$/i;

const asObject = (text: string): Readonly<Record<string, unknown>> | undefined => {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
};

/** The error of a line; undefined for a valid one. */
export const faultOf = (text: string): string | undefined => {
  if (FORBIDDEN.test(text)) return `tells what nobody may know: ${text.slice(0, 300)}`;
  const line = asObject(text);
  if (line === undefined || !("level" in line)) return undefined;
  const strange = Object.entries(line).filter(
    ([name, value]) => MEMBERS[name]?.test(String(value)) !== true,
  );
  return strange.length === 0 ? undefined : `has strange members: ${JSON.stringify(strange)}`;
};

/** The Worker's log of this file so far. */
export const logged: string[] = [];

/**
 * Captures all output from now on, and fails the file at its end if a line discloses too much. The
 * Worker's own lines are swallowed, others printed.
 */
export const watchLog = (): void => {
  const faults: string[] = [];
  logged.length = 0;
  for (const method of ["log", "error", "warn", "info", "debug"] as const) {
    const print = console[method].bind(console);
    vi.spyOn(console, method).mockImplementation((...parts: unknown[]) => {
      const text = parts.map(String).join(" ");
      const fault = faultOf(text);
      if (fault !== undefined) faults.push(fault);
      if (asObject(text)?.["level"] === undefined) print(...parts);
      else logged.push(text);
    });
  }
  afterAll(() => {
    expect(faults).toEqual([]);
  });
};
