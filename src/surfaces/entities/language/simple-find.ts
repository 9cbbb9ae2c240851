/** The simple find: a query, a projection, a sort and a window in the query string. */
import type { Json, JsonObject } from "../../../model/json.ts";
import { refuse, quoted } from "../../../schema/entity/error.ts";

/** Parameters of a simple find; each letter is taken in both cases. */
export interface SimpleFind {
  readonly q?: string | undefined;
  readonly p?: string | undefined;
  readonly s?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly maxResults?: string | undefined;
}

const pairOf = (text: string, code: string): readonly [string, string] => {
  const at = text.indexOf(":");
  return at <= 0 ? refuse(code, quoted(text)) : [text.slice(0, at), text.slice(at + 1)];
};

const parseQuery = (text: string): JsonObject => {
  const parts = text.split(";").map((part): JsonObject => {
    const [field, value] = pairOf(part, "query-api:InvalidQuery");
    const values = value.split(",");
    return values.length === 1 ? { field, op: "=", rvalue: value } : { field, op: "$in", values };
  });
  return { $and: parts };
};

const parseProjection = (text: string): Json =>
  text.split(",").map((part): JsonObject => {
    const [field, flags] = pairOf(part, "query-api:InvalidProjection");
    const match = /^([01])(r?)$/.exec(flags);
    if (match === null) return refuse("query-api:InvalidProjection", quoted(part));
    return { field, include: match[1] === "1", recursive: match[2] === "r" };
  });

const parseSort = (text: string): Json =>
  text.split(",").map((part): JsonObject => {
    const [field, direction] = pairOf(part, "query-api:InvalidSort");
    if (direction !== "a" && direction !== "d") refuse("query-api:InvalidSort", quoted(part));
    return { [field]: direction === "a" ? "$asc" : "$desc" };
  });

const number = (text: string | undefined, name: string): number | null => {
  if (text === undefined) return null;
  return /^-?\d{1,15}$/.test(text)
    ? Number(text)
    : refuse("query-api:InvalidRange", `${name}: ${quoted(text)}`);
};

/** The body of the find that a query string is equivalent to. */
export function bodyOfSimpleFind(find: SimpleFind): JsonObject {
  const most = number(find.maxResults, "maxResults");
  return {
    ...(find.q === undefined ? {} : { query: parseQuery(find.q) }),
    projection: find.p === undefined ? { field: "*", recursive: true } : parseProjection(find.p),
    ...(find.s === undefined ? {} : { sort: parseSort(find.s) }),
    from: number(find.from, "from"),
    to: number(find.to, "to"),
    // Only a positive value counts here.
    maxResults: most !== null && most > 0 ? most : null,
  };
}
