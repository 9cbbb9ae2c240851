/** How commands select resources: a payload type, conditions, a parent. */
import type { AnyPayloads, Query } from "../client/index.ts";
import { type Given, type Options, UsageError } from "./command.ts";

/** Options that select resources. */
export const SELECTION: Options = {
  where: {
    value: "CONDITION",
    many: true,
    about:
      "field=value, or with != < <= > >= ~ (contains text, whatever the case); all have to hold",
  },
  filters: { value: "JSON", about: "filters as POST /query takes them" },
  parent: { value: "ID", about: "children of this resource" },
  below: { about: "with --parent: everything below it" },
  columns: { value: "A,B", about: "these members only" },
  sort: { value: "FIELD", about: "by this field (default created_at)" },
  asc: { about: "the smallest first" },
};

const OPERATORS: Readonly<Record<string, string>> = {
  "=": "eq",
  "!=": "ne",
  "<": "lt",
  "<=": "lte",
  ">": "gt",
  ">=": "gte",
  "~": "ilike",
};

const CONDITION = /^([A-Za-z_][\w.-]*)\s*(!=|<=|>=|=|<|>|~)(.*)$/s;

/** A number, true, false and null are parsed; anything else, and quoted text, is a string. */
const valueOf = (text: string): unknown => {
  if (/^(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|".*")$/s.test(text)) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  return text;
};

const literal = (text: string): string => `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;

/** The filter of one condition, e.g. `rows>=512`. */
export function conditionOf(text: string): Readonly<Record<string, unknown>> {
  const [, field = "", sign = "", value = ""] = CONDITION.exec(text) ?? [];
  if (field === "") throw new UsageError(`--where takes field=value, not ${text}`);
  const operand = sign === "~" ? literal(value) : valueOf(value);
  return { [field]: { [OPERATORS[sign] ?? ""]: operand } };
}

const filtersOf = (given: Given): readonly Readonly<Record<string, unknown>>[] => {
  const json = given.text("filters");
  if (json === undefined) return [];
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return [value as Readonly<Record<string, unknown>>];
    }
  } catch {
    // Reported below.
  }
  throw new UsageError("--filters takes a JSON object");
};

/** The query of a command's words and options. */
export function selectionOf(given: Given): Query<string, AnyPayloads> {
  const [type, ...surplus] = given.words;
  if (surplus.length > 0) throw new UsageError("at most one PAYLOAD_TYPE is taken");
  const parent = given.text("parent");
  if (given.flag("below") && parent === undefined) throw new UsageError("--below needs --parent");
  const and = [...filtersOf(given), ...given.texts("where").map(conditionOf)];
  const columns = given.text("columns")?.split(",");
  const sort = given.text("sort");
  return {
    ...(type === undefined ? {} : { payload_type: type }),
    ...(and.length === 0 ? {} : { filters: { and } }),
    ...(parent === undefined ? {} : { parent_identifier: parent }),
    ...(given.flag("below") ? { include_indirect_parents: true } : {}),
    ...(columns === undefined ? {} : { select_columns: columns }),
    ...(sort === undefined ? {} : { sort_by: sort }),
    sort_order: given.flag("asc") ? "asc" : "desc",
  };
}
