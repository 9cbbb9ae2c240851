/** How commands select resources: a payload type, conditions, a parent. */
import type { AnyPayloads, Client, Query } from "../client/index.ts";
import type { Json } from "../model/json.ts";
import { type Given, type Options, UsageError } from "./command.ts";
import { typeFields } from "./import/schemas.ts";
import { valueOf } from "./members.ts";

/** Options that select resources. */
export const SELECTION: Options = {
  where: {
    value: "CONDITION",
    many: true,
    about:
      "field=value, or with != < <= > >= ~ (contains: text whatever the case, or an element of a list); all have to hold",
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

const literal = (text: string): string => `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;

/** Whether a field holds a list, a single value, or one of both, depending on the payload type. */
export type KindOf = (field: string) => "list" | "single" | "either";

/** Lists are compared by their elements: `~` finds those that have this one. */
const contains = (field: string, value: string, kind: ReturnType<KindOf>): object => {
  const text = { [field]: { ilike: literal(value) } };
  const element = { [field]: { contains: valueOf(value) } };
  if (kind === "either") return { or: [text, element] };
  return kind === "list" ? element : text;
};

/** The filter of one condition, e.g. `rows>=512`. */
export function conditionOf(
  text: string,
  kindOf: KindOf = () => "single",
): Readonly<Record<string, unknown>> {
  const [, field = "", sign = "", value = ""] = CONDITION.exec(text) ?? [];
  if (field === "") throw new UsageError(`--where takes field=value, not ${text}`);
  if (sign === "~") return { ...contains(field, value, kindOf(field)) };
  return { [field]: { [OPERATORS[sign] ?? ""]: valueOf(value) } };
}

/** What the server's schemas say of a field, in one type or in any. */
async function kindsOf(client: Client<AnyPayloads>, type: string | undefined): Promise<KindOf> {
  const schemas = await client.schemas();
  const named = type === undefined ? undefined : schemas[type];
  const types = (named === undefined ? Object.values(schemas) : [named]).map(
    (schema) => typeFields(schema as Readonly<Record<string, Json>>).fields,
  );
  return (field) => {
    const lists = new Set(types.flatMap((fields) => fields.get(field)?.list ?? []));
    if (lists.size > 1) return "either";
    return lists.has(true) ? "list" : "single";
  };
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

/** The query of a command's words and options; a condition with `~` looks at the schemas. */
export async function selectionOf(
  given: Given,
  client: () => Client<AnyPayloads>,
): Promise<Query<string, AnyPayloads>> {
  const [type, ...surplus] = given.words;
  if (surplus.length > 0) throw new UsageError("at most one PAYLOAD_TYPE is taken");
  const parent = given.text("parent");
  if (given.flag("below") && parent === undefined) throw new UsageError("--below needs --parent");
  const filters = filtersOf(given);
  const conditions = given.texts("where");
  // Parsed first, so that a wrong one is told before a server is called.
  const isContained = conditions.some((one) => "~" === CONDITION.exec(one)?.[2]);
  for (const one of conditions) conditionOf(one);
  const kindOf = isContained ? await kindsOf(client(), type) : undefined;
  const and = [...filters, ...conditions.map((one) => conditionOf(one, kindOf))];
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
