/** The query language as a condition. */
import { isJsonObject, type Json, type JsonObject } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import {
  ALWAYS,
  and,
  not,
  type CompareOperator,
  type Condition,
} from "../../../query/condition.ts";
import { compilePattern } from "../../../query/pattern.ts";
import { refuse, quoted } from "../../../schema/entity/error.ts";
import { compareFields, isInField } from "./fields.ts";
import { elementOf, resolvePath, rootOf, type Found, type Place, type Reader } from "./path.ts";
import { comparisonOf, readLiteral, readLiterals, readPattern, typeAt } from "./values.ts";

/** Every comparison operator by its spellings. */
export const BINARY: Readonly<Record<string, CompareOperator>> = {
  "=": "eq",
  $eq: "eq",
  "!=": "ne",
  $neq: "ne",
  $ne: "ne",
  "<": "lt",
  $lt: "lt",
  ">": "gt",
  $gt: "gt",
  "<=": "lte",
  $lte: "lte",
  ">=": "gte",
  $gte: "gte",
};

/** The operators that take a list; true for the negated ones. */
export const LISTED: Readonly<Record<string, boolean>> = { $in: false, $nin: true, $not_in: true };

/** Logical operators. */
export const LOGICAL: Readonly<Record<string, "and" | "or" | "not">> = {
  $and: "and",
  $all: "and",
  $or: "or",
  $any: "or",
  $not: "not",
};

/** What `contains` accepts. */
export const CONTAINED = { $any: "any", $all: "all", $none: "none" } as const;

interface Walk {
  readonly reader: Reader;
  leaves: number;
  /** Instructions of all regular expressions parsed so far. */
  patterns: number;
}

const isMissing = ({ path }: Found): Condition => ({ kind: "equals", path, value: null });

const COMPARISON = "query-api:InvalidComparisonExpression";
const IMPOSSIBLE = "mongo-translation:invalid-comparison";

const compareValue = (found: Found, op: CompareOperator, value: Json): Condition => {
  const { path, text } = found;
  if (value === null) {
    if (op !== "eq" && op !== "ne") refuse(IMPOSSIBLE, quoted(text));
    return op === "eq" ? isMissing(found) : not(isMissing(found));
  }
  const type = typeAt(found);
  if (type === undefined || comparisonOf(type) === "none") return refuse(IMPOSSIBLE, quoted(text));
  const isEquality = op === "eq" || op === "ne";
  if (!isEquality && comparisonOf(type) === "equality") refuse(IMPOSSIBLE, quoted(text));
  return { kind: "compare", path, op, value: readLiteral(type, value, text) };
};

const listOf = (value: Json | undefined, code: string, whole: JsonObject): readonly Json[] => {
  if (!Array.isArray(value)) return refuse(code, quoted(whole));
  return value.length > LIMITS.filterListMax
    ? refuse(code, `expected at most ${LIMITS.filterListMax} values`)
    : (value as readonly Json[]);
};

const isOneOf = (found: Found, values: readonly Json[]): Condition => {
  const type = typeAt(found);
  const hasValues = values.some((each) => each !== null);
  if (hasValues && (type === undefined || comparisonOf(type) === "none")) {
    return refuse(IMPOSSIBLE, quoted(found.text));
  }
  const constants = readLiterals(type ?? "string", values, found.text);
  const one: Condition = { kind: "in", path: found.path, values: constants.values };
  return constants.hasNull ? { kind: "or", of: [one, isMissing(found)] } : one;
};

const textOf = (value: Json | undefined, code: string, whole: JsonObject): string =>
  typeof value === "string" ? value : refuse(code, quoted(whole));

const parseRegex = (walk: Walk, query: JsonObject, place: Place): Condition => {
  const found = resolvePath(textOf(query["field"], COMPARISON, query), place, walk.reader);
  const { pattern, flags } = readPattern(query);
  const compiled = compilePattern(pattern, flags);
  if (compiled === undefined) refuse("query-api:InvalidRegexExpression", quoted(pattern));
  else walk.patterns += compiled.size;
  if (walk.patterns > LIMITS.filterPatternsMax) {
    const detail = `more than ${LIMITS.filterPatternsMax} instructions together`;
    refuse("query-api:InvalidRegexExpression", detail);
  }
  const type = typeAt(found);
  if (type === undefined || type === "date" || comparisonOf(type) === "none") {
    refuse(IMPOSSIBLE, quoted(found.text));
  }
  return { kind: "match", path: found.path, pattern, flags, scalars: true };
};

const parseRelation = (walk: Walk, query: JsonObject, place: Place): Condition => {
  if (Object.hasOwn(query, "regex")) return parseRegex(walk, query, place);
  const { field, op, rvalue, rfield, values } = query;
  if (Object.keys(query).length !== 3) refuse(COMPARISON, quoted(query));
  const name = textOf(op, COMPARISON, query);
  const left = resolvePath(textOf(field, COMPARISON, query), place, walk.reader);
  const right = (): Found => resolvePath(textOf(rfield, COMPARISON, query), place, walk.reader);
  if (Object.hasOwn(LISTED, name)) {
    const one =
      rfield === undefined
        ? isOneOf(left, listOf(values, COMPARISON, query))
        : isInField(left, right());
    return LISTED[name] === true ? not(one) : one;
  }
  const operator = Object.hasOwn(BINARY, name) ? BINARY[name] : undefined;
  if (operator === undefined) return refuse(COMPARISON, quoted(query));
  if (rfield !== undefined) return compareFields(left, operator, right());
  return rvalue === undefined
    ? refuse(COMPARISON, quoted(query))
    : compareValue(left, operator, rvalue);
};

const ARRAY = "query-api:InvalidArrayComparisonExpression";

const parseContains = (array: Found, query: JsonObject): Condition => {
  const { place, path, text } = array;
  if (place.field.kind !== "array" || array.isSize) refuse("crud:ArrayFieldExpected", quoted(text));
  const element = elementOf(place)?.field;
  if (element?.kind !== "scalar") return refuse("crud:SimpleArrayExpected", quoted(text));
  const word = textOf(query["contains"], ARRAY, query);
  const values = listOf(query["values"], ARRAY, query);
  if (!Object.hasOwn(CONTAINED, word)) refuse(ARRAY, quoted(query));
  const quantifier = CONTAINED[word as keyof typeof CONTAINED];
  if (element.type === "any" || element.type === "binary") refuse(IMPOSSIBLE, quoted(text));
  const constants = readLiterals(element, values, text);
  const hasNull: Condition = {
    kind: "element",
    path,
    condition: { kind: "equals", path: { segments: [] }, value: null },
  };
  const contains = (how: "any" | "all"): Condition => ({
    kind: "contains",
    path,
    quantifier: how,
    values: constants.values,
  });
  if (quantifier === "all")
    return constants.hasNull ? and([contains("all"), hasNull]) : contains("all");
  const any: Condition = constants.hasNull
    ? { kind: "or", of: [contains("any"), hasNull] }
    : contains("any");
  return quantifier === "none" ? not(any) : any;
};

const parseArray = (walk: Walk, query: JsonObject, place: Place, depth: number): Condition => {
  const array = resolvePath(textOf(query["array"], ARRAY, query), place, walk.reader);
  if (Object.hasOwn(query, "contains")) return parseContains(array, query);
  const inner = query["elemMatch"];
  if (inner === undefined) return refuse(ARRAY, quoted(query));
  const element = array.isSize ? undefined : elementOf(array.place);
  if (element === undefined) return refuse("crud:ExpectedArray", quoted(array.text));
  return {
    kind: "element",
    path: array.path,
    condition: parseAt(walk, inner, element, depth + 1),
  };
};

const LOGIC = "query-api:InvalidLogicalExpression";

const parseLogical = (
  walk: Walk,
  [name, value]: readonly [string, Json],
  place: Place,
  depth: number,
): Condition => {
  const kind = LOGICAL[name];
  if (kind === "not") return not(parseAt(walk, value, place, depth + 1));
  if (!Array.isArray(value)) return refuse(LOGIC, quoted({ [name]: value }));
  const of = (value as readonly Json[]).map((each) => parseAt(walk, each, place, depth + 1));
  return kind === "and" ? and(of) : { kind: "or", of };
};

const parseAt = (walk: Walk, query: Json, place: Place, depth: number): Condition => {
  if (!isJsonObject(query)) return refuse("query-api:InvalidQuery", quoted(query));
  if (depth > LIMITS.filterDepthMax) {
    return refuse("query-api:InvalidQuery", `nested deeper than ${LIMITS.filterDepthMax}`);
  }
  const [first, ...others] = Object.entries(query);
  if (first === undefined) return refuse(COMPARISON, "{}");
  if (Object.hasOwn(LOGICAL, first[0])) {
    if (others.length > 0) refuse(LOGIC, quoted(query));
    return parseLogical(walk, first, place, depth);
  }
  walk.leaves += 1;
  if (walk.leaves > LIMITS.filterNodesMax) {
    refuse("query-api:InvalidQuery", `more than ${LIMITS.filterNodesMax} comparisons`);
  }
  return Object.hasOwn(query, "field")
    ? parseRelation(walk, query, place)
    : parseArray(walk, query, place, depth);
};

/** The condition of a query whose paths start at a place. */
export function parseQueryAt(query: Json, place: Place, reader: Reader): Condition {
  return parseAt({ reader, leaves: 0, patterns: 0 }, query, place, 0);
}

/** The condition of a query over documents; null selects all of them. */
export function parseQuery(query: Json | undefined, reader: Reader): Condition {
  return query === undefined || query === null
    ? ALWAYS
    : parseQueryAt(query, rootOf(reader.version), reader);
}
