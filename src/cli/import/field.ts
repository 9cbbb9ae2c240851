import type { Json } from "../../model/json.ts";
import type { FieldRule } from "./mapping.ts";
import { type Cells, cellText, parseTemplate, type RowReferences } from "./template.ts";

/** One error or remark about a row (`omitted`: the row is imported without the value). */
export interface RowIssue {
  readonly column?: string;
  readonly code: string;
  readonly detail: string;
}

/** Collects the errors of a row (`refuse`) and its omitted values (`remark`). */
export interface Notes {
  readonly refuse: (issue: RowIssue) => void;
  readonly remark: (issue: RowIssue) => void;
}

/** A compiled rule. */
export interface Field {
  readonly columns: readonly string[];
  readonly references: readonly (keyof RowReferences)[];
  /** The value; undefined when there is none. */
  readonly read: (cells: Cells, references: RowReferences, notes: Notes) => Json | undefined;
}

/** A value, or what was expected instead. */
type Converted = { readonly value: Json } | { readonly expected: string };

const TRUE_WORDS: readonly string[] = ["true", "t", "yes", "y", "1"];
const FALSE_WORDS: readonly string[] = ["false", "f", "no", "n", "0"];

const toInteger = (text: string): Converted => {
  const value = Number(text);
  return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(value)
    ? { value }
    : { expected: "a whole number" };
};

const GROUPED = /^[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?$/;

/** The text of a number with a decimal comma, with a point instead. */
const withPoint = (text: string): string => {
  const whole = GROUPED.test(text) ? text.replaceAll(".", "") : text;
  // A point that divides no groups is none of this notation.
  return whole.includes(".") ? "" : whole.replace(",", ".");
};

const toNumber = (given: string, decimal: FieldRule["decimal"]): Converted => {
  const text = decimal === "," ? withPoint(given) : given;
  const value = Number(text);
  const wellFormed = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text);
  if (wellFormed && Number.isFinite(value)) return { value };
  return { expected: decimal === "," ? "a number with a decimal comma" : "a number" };
};

const toBoolean = (text: string): Converted => {
  const word = text.toLowerCase();
  if (TRUE_WORDS.includes(word)) return { value: true };
  return FALSE_WORDS.includes(word) ? { value: false } : { expected: "true or false" };
};

const toJson = (text: string): Converted => {
  try {
    return { value: JSON.parse(text) as Json };
  } catch {
    return { expected: "JSON" };
  }
};

/** Converts one trimmed, non-empty string to a type, or says what was expected. */
const convertText = (
  text: string,
  type: NonNullable<FieldRule["type"]>,
  decimal: FieldRule["decimal"],
): Converted => {
  if (type === "integer") return toInteger(text);
  if (type === "number") return toNumber(text, decimal);
  if (type === "boolean") return toBoolean(text);
  return type === "json" ? toJson(text) : { value: text };
};

const quoted = (text: string): string =>
  JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);

interface Context {
  readonly rule: FieldRule;
  readonly omitted: ReadonlySet<string>;
  readonly map: ReadonlyMap<string, Json> | undefined;
}

/** The converted value; undefined when the mapping omits this value. */
const convert = (raw: Json | undefined, text: string, context: Context): Converted | undefined => {
  const { rule, map } = context;
  const replacement = map?.get(text);
  if (replacement !== undefined) return { value: replacement };
  if (map !== undefined && rule.unmapped === "omit") return undefined;
  if (map !== undefined && rule.unmapped !== "keep") {
    return { expected: `one of ${[...map.keys()].slice(0, 20).join(", ")}` };
  }
  if (rule.type !== undefined && (rule.type !== "json" || typeof raw === "string")) {
    // A number of NDJSON or XLSX is one already, whatever its cells would look like as text.
    const decimal = typeof raw === "string" ? rule.decimal : undefined;
    return convertText(text, rule.type, decimal);
  }
  return { value: typeof raw === "string" ? text : (raw ?? null) };
};

const inRange = (value: Json, rule: FieldRule): boolean =>
  typeof value !== "number" ||
  ((rule.minimum === undefined || value >= rule.minimum) &&
    (rule.maximum === undefined || value <= rule.maximum));

const rangeText = (rule: FieldRule): string =>
  `a number from ${rule.minimum ?? "-∞"} to ${rule.maximum ?? "∞"}`;

/** One value: omitted, replaced, converted, checked. */
const scalar = (
  raw: Json | undefined,
  column: string,
  context: Context,
  notes: Notes,
): Json | undefined => {
  const { rule, omitted } = context;
  const text = cellText(raw)?.trim();
  if (text === undefined || text === "" || omitted.has(text)) return undefined;
  const result = convert(raw, text, context);
  if (result === undefined) return undefined;
  if ("expected" in result) {
    const detail = `${result.expected} was expected, not ${quoted(text)}`;
    notes.refuse({ column, code: "invalid_value", detail });
    return undefined;
  }
  if (inRange(result.value, rule)) return result.value;
  const detail = `${rangeText(rule)} was expected, not ${quoted(text)}`;
  if (rule.out_of_range === "omit") notes.remark({ column, code: "out_of_range", detail });
  else notes.refuse({ column, code: "out_of_range", detail });
  return undefined;
};

const list = (
  raws: readonly (readonly [Json | undefined, string])[],
  context: Context,
  notes: Notes,
): Json[] =>
  raws.flatMap(([raw, column]) => {
    const value = scalar(raw, column, context, notes);
    return value === undefined ? [] : [value];
  });

/**
 * The list of one cell: a JSON list as it is, a string split at the separator; undefined if empty.
 */
const splitCell = (raw: Json | undefined, separator: string): readonly Json[] | undefined => {
  if (Array.isArray(raw)) return raw as readonly Json[];
  const text = cellText(raw);
  return text === undefined || text.trim() === "" ? undefined : text.split(separator);
};

type Reader = Field["read"];

const columnReader =
  (column: string, context: Context): Reader =>
  (cells, _references, notes) => {
    const raw = cells.get(column);
    const { split } = context.rule;
    if (split === undefined) return scalar(raw, column, context, notes);
    const items = splitCell(raw, split);
    if (items === undefined) return undefined;
    return list(
      items.map((item) => [item, column]),
      context,
      notes,
    );
  };

const columnsReader =
  (columns: readonly string[], context: Context): Reader =>
  (cells, _references, notes) => {
    const values = list(
      columns.map((column) => [cells.get(column), column]),
      context,
      notes,
    );
    // A list with holes would shift its elements (x for y), so it is all of them or none.
    return values.length === columns.length ? values : undefined;
  };

const templateReader = (source: string, context: Context): Field => {
  const { columns, references, render } = parseTemplate(source);
  const label = columns.join(", ");
  return {
    columns,
    references,
    read: (cells, own, notes) => scalar(render(cells, own), label, context, notes),
  };
};

const sourceOf = (context: Context): Field => {
  const { rule } = context;
  if (rule.template !== undefined) return templateReader(rule.template, context);
  if (rule.columns !== undefined) {
    return {
      columns: rule.columns,
      references: [],
      read: columnsReader(rule.columns, context),
    };
  }
  if (rule.column !== undefined) {
    return { columns: [rule.column], references: [], read: columnReader(rule.column, context) };
  }
  return { columns: [], references: [], read: () => rule.value };
};

const required = (field: Field): Field => ({
  ...field,
  read: (cells, references, notes) => {
    let refused = false;
    const refuse = (issue: RowIssue) => {
      refused = true;
      notes.refuse(issue);
    };
    const value = field.read(cells, references, { ...notes, refuse });
    if (value === undefined && !refused) {
      const column = field.columns.join(", ");
      notes.refuse({ column, code: "missing", detail: "a value is required" });
    }
    return value;
  },
});

/**
 * Compiles a rule.
 * @throws {RangeError} when it does not have exactly one of column, columns, template and value.
 */
export function compileField(rule: FieldRule): Field {
  const origins = [rule.column, rule.columns, rule.template, rule.value];
  if (origins.filter((origin) => origin !== undefined).length !== 1) {
    throw new RangeError("exactly one of column, columns, template and value is needed");
  }
  if (rule.split !== undefined && rule.column === undefined) {
    throw new RangeError("split goes with column");
  }
  const field = sourceOf({
    rule,
    omitted: new Set(rule.omit ?? []),
    map: rule.map === undefined ? undefined : new Map(Object.entries(rule.map)),
  });
  return rule.required === true ? required(field) : field;
}
