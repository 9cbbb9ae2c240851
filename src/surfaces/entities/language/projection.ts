/** The projection language as rules, and sort keys. */
import { isJsonObject, type Json, type JsonObject } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import { memberNames, membersOfRules } from "../../../query/members.ts";
import type { Segment } from "../../../query/path.ts";
import type { ArrayRule, FieldRule, Pattern } from "../../../query/projection.ts";
import type { SortKey } from "../../../query/query.ts";
import { refuse, quoted } from "../../../schema/entity/error.ts";
import type { EntityField } from "../../../schema/entity/metadata.ts";
import { elementOf, resolvePath, rootOf, type Place, type Reader } from "./path.ts";
import { parseQueryAt } from "./query.ts";
import { comparisonOf, isTrue, typeAt } from "./values.ts";

const INVALID = "query-api:InvalidProjection";

const INDEX = /^-?\d{1,9}$/;

const segmentOf = (name: string): Segment => {
  if (name === "*") return { kind: "any" };
  return INDEX.test(name) ? { kind: "index", index: Number(name) } : { kind: "key", name };
};

/** A pattern names nodes, possibly none. */
const parsePattern = (text: string): Pattern => {
  const names = text.split(".").map((name) => name.trim());
  if (names.includes("") || text.length > 1024) refuse(INVALID, quoted(text));
  return names.filter((name) => name !== "$this").map(segmentOf);
};

/** The places of the fields that a pattern can name. */
const placesOf = (pattern: Pattern, from: Place): readonly Place[] =>
  pattern.reduce<readonly Place[]>(
    (places, segment) =>
      places.flatMap((place): readonly Place[] => {
        const { field } = place;
        if (field.kind === "array") {
          const element = elementOf(place);
          return segment.kind === "key" || element === undefined ? [] : [element];
        }
        if (field.kind === "scalar") return [];
        const fields = [...field.fields.values()];
        const named =
          segment.kind === "any"
            ? fields
            : fields.filter(({ name }) => segment.kind === "key" && segment.name === name);
        return named.map((inner: EntityField) => ({ field: inner, owner: place }));
      }),
    [from],
  );

const bound = (value: Json | undefined, whole: JsonObject): number =>
  typeof value === "number" && Number.isInteger(value)
    ? value
    : refuse("query-api:InvalidArrayRangeProjection", quoted(whole));

const parseRange = (rule: JsonObject): ArrayRule["select"] => {
  const { range } = rule;
  if (!Array.isArray(range) || range.length !== 2) {
    return refuse("query-api:InvalidArrayRangeProjection", quoted(rule));
  }
  const [from = null, to = null] = range as readonly Json[];
  return {
    kind: "range",
    from: from === null ? 0 : bound(from, rule),
    to: to === null ? null : bound(to, rule),
  };
};

const EVERYTHING: FieldRule = {
  kind: "node",
  pattern: [{ kind: "any" }],
  include: true,
  recursive: true,
};

interface Walk {
  readonly reader: Reader;
  rules: number;
}

const parseArrayRule = (
  walk: Walk,
  rule: JsonObject,
  { pattern, include }: { readonly pattern: Pattern; readonly include: boolean },
  from: Place,
): readonly FieldRule[] => {
  const select = "range" in rule ? parseRange(rule) : null;
  const elements = placesOf(pattern, from).flatMap((place) => elementOf(place) ?? []);
  const named = placesOf(pattern, from);
  // A pattern that names no field has no effect; one that names something else is an error.
  if (elements.length === 0 && named.length > 0) {
    refuse("crud:ExpectedArrayElement", quoted(rule["field"]));
  }
  const [element] = elements;
  if (element === undefined) return [];
  const inner = rule["projection"] ?? rule["project"] ?? null;
  return [
    {
      kind: "array",
      pattern,
      include,
      select: select ?? {
        kind: "match",
        condition: parseQueryAt(rule["match"] ?? null, element, walk.reader),
      },
      rules: inner === null ? [EVERYTHING] : parseList(walk, inner, element),
      sort: rule["sort"] === undefined ? [] : parseSortAt(rule["sort"], element, walk.reader),
    },
  ];
};

const parseRule = (walk: Walk, rule: Json, from: Place): readonly FieldRule[] => {
  if (!isJsonObject(rule) || typeof rule["field"] !== "string")
    return refuse(INVALID, quoted(rule));
  walk.rules += 1;
  if (walk.rules > LIMITS.filterNodesMax)
    refuse(INVALID, `more than ${LIMITS.filterNodesMax} rules`);
  const pattern = parsePattern(rule["field"]);
  const include = rule["include"] === undefined || isTrue(rule["include"]);
  if ("range" in rule || "match" in rule) {
    return parseArrayRule(walk, rule, { pattern, include }, from);
  }
  return [{ kind: "node", pattern, include, recursive: isTrue(rule["recursive"]) }];
};

const parseList = (walk: Walk, projection: Json, from: Place): readonly FieldRule[] => {
  const list = Array.isArray(projection) ? (projection as readonly Json[]) : [projection];
  return list.flatMap((rule) => parseRule(walk, rule, from));
};

/** The rules of a projection of documents; no rules return nothing. */
export function parseProjection(
  projection: Json | undefined,
  reader: Reader,
): readonly FieldRule[] {
  return projection === undefined || projection === null
    ? []
    : parseList({ reader, rules: 0 }, projection, rootOf(reader.version));
}

/** The stored members that a projection may return; undefined where it may return any. */
export function storedMembers(rules: readonly FieldRule[]): readonly string[] | undefined {
  const names = memberNames(membersOfRules(rules));
  // The size of an array is returned as a member beside it and is not stored.
  const arrays = names?.flatMap((name) => (name.endsWith("#") ? [name.slice(0, -1)] : []));
  return names === undefined ? undefined : [...new Set([...names, ...(arrays ?? [])])];
}

const DIRECTIONS: Readonly<Record<string, SortKey["direction"]>> = { $asc: "asc", $desc: "desc" };

const KEYS_MAX = 16;

const parseKey = (key: Json, from: Place, reader: Reader): SortKey => {
  const [entry, ...others] = isJsonObject(key) ? Object.entries(key) : [];
  const [name = "", word] = entry ?? [];
  const isKnown = typeof word === "string" && Object.hasOwn(DIRECTIONS, word);
  if (entry === undefined || others.length > 0 || !isKnown) {
    return refuse("query-api:InvalidSort", quoted(key));
  }
  const found = resolvePath(name, from, reader);
  const type = typeAt(found);
  if (type === undefined || comparisonOf(type) !== "order")
    refuse("query-api:InvalidSort", quoted(name));
  const direction = DIRECTIONS[word] ?? "asc";
  return { path: found.path, direction, missing: direction === "asc" ? "first" : "last" };
};

const parseSortAt = (sort: Json | undefined, from: Place, reader: Reader): readonly SortKey[] => {
  if (sort === undefined || sort === null) return [];
  const keys = Array.isArray(sort) ? (sort as readonly Json[]) : [sort];
  if (keys.length > KEYS_MAX) refuse("query-api:InvalidSort", `more than ${KEYS_MAX} keys`);
  return keys.map((key) => parseKey(key, from, reader));
};

/** The sort keys of documents: missing values come first ascending, last descending. */
export function parseSort(sort: Json | undefined, reader: Reader): readonly SortKey[] {
  return parseSortAt(sort, rootOf(reader.version), reader);
}
