/**
 * The catalogue's filter language as a condition: `{"modality": "CT", "rows": {"gte": 512}}`.
 * Members are ANDed; `and` and `or` take arrays, `not` an object; dotted paths reach into JSON.
 */
import { and, isLiteral, not, type Condition, type Literal } from "../../../query/condition.ts";
import {
  dottedPath,
  METADATA_COLUMNS,
  type MetadataColumn,
  type Path,
} from "../../../query/path.ts";
import type { FieldKind } from "../../../schema/type.ts";
import { AppError, type ErrorCode } from "../../../model/error.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import { quoted, suggestion } from "../../../model/nearest.ts";
import { compilePattern } from "../../../query/pattern.ts";

/** The kind of a field; undefined for metadata, nested and unknown fields. */
export type KindOf = (name: string) => FieldKind | undefined;

const refuse = (code: ErrorCode, path: string, detail: string): never => {
  throw new AppError(code, `${path}: ${detail}`, { details: [{ path, code, detail }] });
};

const isColumn = (name: string): name is MetadataColumn =>
  (METADATA_COLUMNS as readonly string[]).includes(name);

/** The path that a dotted name means. */
export function parsePath(name: string, at: string): Path {
  if (isColumn(name)) return { column: name, segments: [] };
  const names = name.split(".");
  if (names.some((each) => each === "") || name.length > 512) {
    return refuse("unknown_field", at, "Expected a field name or a dotted path.");
  }
  const [member = "", ...below] = names;
  return dottedPath(member, below);
}

const literal = (value: Json, at: string): Literal =>
  isLiteral(value) ? value : refuse("invalid_value", at, "Expected a string, number or boolean.");

const text = (value: Json, at: string): string =>
  typeof value === "string" ? value : refuse("invalid_value", at, "Expected a string.");

const literals = (value: Json, at: string): readonly Literal[] => {
  if (!Array.isArray(value)) return refuse("invalid_value", at, "Expected an array.");
  if (value.length > LIMITS.filterListMax) {
    return refuse("invalid_value", at, `Expected at most ${LIMITS.filterListMax} values.`);
  }
  return value.map((item: Json, position) => literal(item, `${at}.${position}`));
};

const equality = (path: Path, value: Json): Condition => {
  if (value === null) return not({ kind: "exists", path });
  if (isLiteral(value)) return { kind: "compare", path, op: "eq", value };
  return { kind: "equals", path, value };
};

/** `in` with null among its values also matches absent fields. */
const membership = (path: Path, value: Json, at: string): Condition => {
  const values = Array.isArray(value) ? (value as readonly Json[]) : null;
  if (values === null || !values.includes(null))
    return { kind: "in", path, values: literals(value, at) };
  const rest = literals(
    values.filter((each) => each !== null),
    at,
  );
  return { kind: "or", of: [{ kind: "in", path, values: rest }, not({ kind: "exists", path })] };
};

const between = (path: Path, value: Json, at: string): Condition => {
  const [low, high, ...more] = literals(value, at);
  if (low === undefined || high === undefined || more.length > 0) {
    return refuse("invalid_value", at, "Expected an array of two values.");
  }
  return { kind: "between", path, low, high };
};

const existence = (path: Path, value: Json, at: string): Condition => {
  if (value === true) return { kind: "exists", path };
  return value === false
    ? not({ kind: "exists", path })
    : refuse("invalid_value", at, "Expected true or false.");
};

const regex = (path: Path, value: Json, at: string): Condition => {
  const pattern = text(value, at);
  if (pattern.length > LIMITS.regexLengthMax) {
    return refuse("invalid_value", at, `Expected at most ${LIMITS.regexLengthMax} characters.`);
  }
  if (compilePattern(pattern) === undefined)
    return refuse("invalid_value", at, "Expected an RE2 expression.");
  return { kind: "match", path, pattern, flags: "" };
};

const compare =
  (op: "lt" | "lte" | "gt" | "gte") =>
  (path: Path, value: Json, at: string): Condition => ({
    kind: "compare",
    path,
    op,
    value: literal(value, at),
  });

const contained =
  (quantifier: "any" | "all") =>
  (path: Path, value: Json, at: string): Condition => ({
    kind: "contains",
    path,
    quantifier,
    values: literals(value, at),
  });

const contains = (path: Path, value: Json, at: string, kind: FieldKind | undefined): Condition => {
  const membershipOf: Condition = {
    kind: "contains",
    path,
    quantifier: "any",
    values: [literal(value, at)],
  };
  if (kind === "list" || typeof value !== "string") return membershipOf;
  const substring: Condition = { kind: "text", path, where: "contains", value, fold: false };
  if (kind === undefined || kind === "json") {
    return path.column === undefined ? { kind: "or", of: [substring, membershipOf] } : substring;
  }
  return substring;
};

type Operator = (path: Path, value: Json, at: string, kind: FieldKind | undefined) => Condition;

/** Every operator of the language: its name and what it means. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  eq: (path, value) => equality(path, value),
  ne: (path, value) => not(equality(path, value)),
  lt: compare("lt"),
  lte: compare("lte"),
  gt: compare("gt"),
  gte: compare("gte"),
  in: membership,
  nin: (path, value, at) => not(membership(path, value, at)),
  between,
  like: (path, value, at) => ({ kind: "like", path, pattern: text(value, at), fold: false }),
  ilike: (path, value, at) => ({ kind: "like", path, pattern: text(value, at), fold: true }),
  regex,
  exists: existence,
  contains,
  contains_any: contained("any"),
  contains_all: contained("all"),
  starts_with: (path, value, at) => ({
    kind: "text",
    path,
    where: "starts",
    value: text(value, at),
    fold: false,
  }),
};

interface Walk {
  readonly kindOf: KindOf;
  leaves: number;
}

const parseField = (walk: Walk, name: string, value: Json, at: string): Condition => {
  const path = parsePath(name, at);
  if (!isJsonObject(value)) {
    walk.leaves += 1;
    return equality(path, value);
  }
  const kind = walk.kindOf(name);
  const tests = Object.entries(value);
  if (tests.length === 0) return refuse("unknown_operator", at, "Expected at least one operator.");
  return and(
    tests.map(([operator, operand]) => {
      const meaning = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
      if (meaning === undefined) {
        return refuse(
          "unknown_operator",
          `${at}.${operator}`,
          `There is no operator ${quoted(operator)}.${suggestion(operator, Object.keys(OPERATORS))} ` +
            `The operators are ${Object.keys(OPERATORS).join(", ")}.`,
        );
      }
      walk.leaves += 1;
      return meaning(path, operand, `${at}.${operator}`, kind);
    }),
  );
};

const parseList = (walk: Walk, value: Json, at: string, depth: number): readonly Condition[] => {
  if (!Array.isArray(value)) return refuse("invalid_value", at, "Expected an array of filters.");
  return value.map((item: Json, position) => parseObject(walk, item, `${at}.${position}`, depth));
};

const parseObject = (walk: Walk, value: Json, at: string, depth: number): Condition => {
  if (!isJsonObject(value)) return refuse("invalid_value", at, "Expected an object.");
  const deeper = (name: string): number =>
    depth < LIMITS.filterDepthMax
      ? depth + 1
      : refuse("invalid_value", `${at}.${name}`, `Nested deeper than ${LIMITS.filterDepthMax}.`);
  const conditions = Object.entries(value).map(([name, operand]): Condition => {
    const place = `${at}.${name}`;
    if (name === "and") return and(parseList(walk, operand, place, deeper(name)));
    if (name === "or") return { kind: "or", of: parseList(walk, operand, place, deeper(name)) };
    if (name === "not") return not(parseObject(walk, operand, place, deeper(name)));
    return parseField(walk, name, operand, place);
  });
  if (walk.leaves > LIMITS.filterNodesMax) {
    return refuse("invalid_value", at, `Expected at most ${LIMITS.filterNodesMax} conditions.`);
  }
  return and(conditions);
};

/**
 * Parses a filter.
 *
 * @throws AppError `unknown_operator`, `unknown_field` or `invalid_value` naming the member.
 */
export function parseFilter(filters: JsonObject, kindOf: KindOf): Condition {
  return parseObject({ kindOf, leaves: 0 }, filters, "filters", 0);
}
