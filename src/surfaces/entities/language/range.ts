/** Which part of the results is requested. */
import type { Json, JsonObject } from "../../../model/json.ts";
import { refuse, quoted } from "../../../schema/entity/error.ts";

/** Positions from 0, both inclusive; null is the end. */
export interface Window {
  readonly from: number;
  readonly to: number | null;
}

const INVALID = "query-api:InvalidRange";

const position = (value: Json | undefined, name: string): number | null => {
  if (value === undefined || value === null) return null;
  return typeof value === "number" && Number.isSafeInteger(value)
    ? value
    : refuse(INVALID, `${name}: ${quoted(value)}`);
};

const rangeOf = (range: Json): Window => {
  if (!Array.isArray(range) || range.length !== 2)
    return refuse(INVALID, `range: ${quoted(range)}`);
  const [from = null, to = null] = range as readonly Json[];
  return { from: Math.max(position(from, "range") ?? 0, 0), to: position(to, "range") };
};

/** The window of a request: `range`, else `from` and `to`, else `from` and `maxResults`. */
export function parseWindow(request: JsonObject): Window {
  const { range } = request;
  if (range !== undefined && range !== null) return rangeOf(range);
  const from = Math.max(position(request["from"], "from") ?? 0, 0);
  const to = position(request["to"], "to");
  const most = position(request["maxResults"], "maxResults");
  if (to !== null || most === null || most < 0) return { from, to };
  return { from, to: from + most - 1 };
}

/** How many results a window holds at most; null for no bound. */
export function sizeOf({ from, to }: Window): number | null {
  return to === null ? null : Math.max(0, to - from + 1);
}

/** The elements of a list that lie in the window. */
export function within<T>(list: readonly T[], { from, to }: Window): readonly T[] {
  return list.slice(from, to === null ? undefined : Math.max(to + 1, 0));
}
