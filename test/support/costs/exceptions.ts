// Requests that may cost more in a larger database, and why.
import type { CallerKind } from "./callers.ts";
import type { Measurement } from "./measure.ts";

/** Why a request may cost more in a larger database. */
interface Exception {
  /** The requests as they are measured. */
  readonly request: RegExp;
  /** Absent: whoever asks. */
  readonly who?: readonly CallerKind[];
  readonly reason: string;
}

/** The list. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    request: /^POST \/query \((?:newest|newest of a type|value) as of\)$/,
    reason:
      "Superseded versions are found by their payload type: a page of the past reads all of them.",
  },
  {
    request: /^GET \/datasources\/stats \(as of\)$/,
    reason: "Statistics of the past are counted from each datasource down.",
  },
];

/** The exception that a request falls under, if any. */
export const exceptionOf = ({
  request,
  caller,
}: Pick<Measurement, "request" | "caller">): Exception | undefined =>
  EXCEPTIONS.find(
    (each) => each.request.test(request) && (each.who === undefined || each.who.includes(caller)),
  );
