/** A Table Schema: the columns of a table, and their values. Pure. */
import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import { compilePattern } from "../../query/pattern.ts";
import { casterOf, type Cast, type CastKind, type Caster } from "./cast.ts";

/** The error of a schema. */
export class TableSchemaError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TableSchemaError";
  }
}

/** One column. */
export interface TableField {
  readonly name: string;
  readonly kind: CastKind;
  readonly cast: Caster;
  readonly missing: ReadonlySet<string>;
  readonly required: boolean;
  readonly unique: boolean;
  /** Each returns what was expected, when a value does not satisfy it. */
  readonly checks: readonly ((value: Cast, raw: string) => string | undefined)[];
}

/** A parsed schema. */
export interface TableSchema {
  readonly fields: readonly TableField[];
  /**
   * True: columns that no field names are read as text, because the schema names no fields at all.
   */
  readonly isOpen: boolean;
  /** Columns that no field names are allowed and left out. */
  readonly mayHaveMore: boolean;
  /** Fields that the table need not have. */
  readonly mayHaveFewer: boolean;
  /** Groups of fields whose values together are unique in each row. */
  readonly keys: readonly (readonly string[])[];
}

const listOf = (value: Json | undefined, path: string): readonly Json[] => {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new TableSchemaError(`${path}: expected a list`);
  return value as readonly Json[];
};

const wordOf = (value: Json | undefined, path: string): string => {
  if (typeof value === "string") return value;
  throw new TableSchemaError(`${path}: expected a text`);
};

/** Values that mean a missing one: strings, or objects with one. */
const missingOf = (value: Json | undefined, path: string): ReadonlySet<string> =>
  new Set(
    listOf(value, path).map((each) => wordOf(isJsonObject(each) ? each["value"] : each, path)),
  );

type Check = TableField["checks"][number];

const bound = (
  value: Json,
  path: string,
  cast: Caster,
): { readonly order: number | string; readonly text: string } => {
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  const found = cast(text);
  if (found === undefined)
    throw new TableSchemaError(`${path}: expected a value of the field's type`);
  return found;
};

const COMPARISONS: Readonly<
  Record<string, readonly [string, (a: number | string, b: number | string) => boolean]>
> = {
  minimum: ["at least", (a, b) => a >= b],
  maximum: ["at most", (a, b) => a <= b],
  exclusiveMinimum: ["more than", (a, b) => a > b],
  exclusiveMaximum: ["less than", (a, b) => a < b],
};

const comparison = (name: string, value: Json, path: string, cast: Caster): Check => {
  const [words = "", holds] = COMPARISONS[name] ?? [];
  const limit = bound(value, path, cast);
  return ({ order }) =>
    holds?.(order, limit.order) === true ? undefined : `expected ${words} ${limit.text}`;
};

const lengthOf = (raw: string): number => Array.from(raw).length;

const length = (name: "minLength" | "maxLength", value: Json, path: string): Check => {
  if (!Number.isSafeInteger(value)) throw new TableSchemaError(`${path}: expected a whole number`);
  const limit = Number(value);
  return name === "minLength"
    ? (_value, raw) =>
        lengthOf(raw) >= limit ? undefined : `expected at least ${limit} characters`
    : (_value, raw) =>
        lengthOf(raw) <= limit ? undefined : `expected at most ${limit} characters`;
};

const patternCheck = (value: Json, path: string): Check => {
  const source = wordOf(value, path);
  const pattern = compilePattern(`^(?:${source})$`);
  if (pattern === undefined)
    throw new TableSchemaError(`${path}: expected a regular expression (RE2)`);
  return (_value, raw) => (pattern.test(raw) ? undefined : `expected a text like ${source}`);
};

const enumCheck = (value: Json, path: string, cast: Caster): Check => {
  const allowed = new Set(listOf(value, path).map((each) => bound(each, path, cast).order));
  return ({ order }) => (allowed.has(order) ? undefined : "expected one of the listed values");
};

const checkOf = (name: string, value: Json, path: string, cast: Caster): Check | undefined => {
  if (Object.hasOwn(COMPARISONS, name)) return comparison(name, value, path, cast);
  if (name === "minLength" || name === "maxLength") return length(name, value, path);
  if (name === "pattern") return patternCheck(value, path);
  return name === "enum" ? enumCheck(value, path, cast) : undefined;
};

const fieldOf = (value: Json, path: string, missing: ReadonlySet<string>): TableField => {
  const field = isJsonObject(value) ? value : {};
  const { name } = field;
  if (typeof name !== "string" || name === "")
    throw new TableSchemaError(`${path}.name: expected a name`);
  const known = casterOf(field);
  if (known === undefined) {
    throw new TableSchemaError(`${path} (${name}): expected a type and a format of Table Schema`);
  }
  const { constraints = null } = field;
  const given = isJsonObject(constraints) ? constraints : {};
  const checks = Object.entries(given).flatMap(
    ([word, bounded]) =>
      checkOf(word, bounded, `${path}.constraints.${word} (${name})`, known.cast) ?? [],
  );
  return {
    name,
    ...known,
    missing:
      field["missingValues"] === undefined ? missing : missingOf(field["missingValues"], path),
    required: given["required"] === true,
    unique: given["unique"] === true,
    checks,
  };
};

const namesOf = (value: Json | undefined, path: string): readonly string[] =>
  typeof value === "string" ? [value] : listOf(value, path).map((each) => wordOf(each, path));

const keysOf = (schema: JsonObject, known: ReadonlySet<string>): readonly (readonly string[])[] => {
  const keys = [
    namesOf(schema["primaryKey"], "schema.primaryKey"),
    ...listOf(schema["uniqueKeys"], "schema.uniqueKeys").map((key) =>
      namesOf(key, "schema.uniqueKeys"),
    ),
  ].filter((key) => key.length > 0);
  for (const name of keys.flat()) {
    if (!known.has(name)) throw new TableSchemaError(`schema: the key names no field: ${name}`);
  }
  return keys;
};

/**
 * Parses a schema.
 *
 * @throws TableSchemaError naming its error.
 */
export function readSchema(schema: JsonObject): TableSchema {
  const missing =
    schema["missingValues"] === undefined
      ? new Set([""])
      : missingOf(schema["missingValues"], "schema.missingValues");
  const fields = listOf(schema["fields"], "schema.fields").map((each, at) =>
    fieldOf(each, `schema.fields.${at}`, missing),
  );
  const names = new Set(fields.map(({ name }) => name));
  if (names.size < fields.length)
    throw new TableSchemaError("schema.fields: expected different names");
  const primary = new Set(namesOf(schema["primaryKey"], "schema.primaryKey"));
  const match = schema["fieldsMatch"];
  const [word] = Array.isArray(match) ? (match as readonly Json[]) : [match ?? "exact"];
  return {
    fields: fields.map((each) => (primary.has(each.name) ? { ...each, required: true } : each)),
    isOpen: fields.length === 0,
    mayHaveMore: word === "superset" || word === "partial",
    mayHaveFewer: word === "subset" || word === "partial",
    keys: keysOf(schema, names),
  };
}

/** A field of a column without a type: text. */
const textField = (name: string): TableField => ({
  name,
  kind: "text",
  cast: (text) => ({ text, json: JSON.stringify(text), order: text }),
  missing: new Set([""]),
  required: false,
  unique: false,
  checks: [],
});

/** The columns of a table: the field at each position of a row; null for one that is left out. */
export interface TableColumns {
  readonly places: readonly (TableField | null)[];
  /** The fields that the table has, in the order of their positions. */
  readonly fields: readonly TableField[];
}

/**
 * Finds the fields in the header of a table.
 *
 * @param head null: the table has none, and its columns are the fields in their order.
 * @throws TableSchemaError naming columns that are missing, that no field names, or that are duplicate.
 */
export function columnsOf(schema: TableSchema, head: readonly string[] | null): TableColumns {
  if (head === null) return { places: schema.fields, fields: schema.fields };
  const names = head.map((name) => name.trim());
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new TableSchemaError(`header: the column "${twice}" comes twice`);
  const known = new Map(schema.fields.map((field) => [field.name, field]));
  const places = schema.isOpen
    ? names.map(textField)
    : names.map((name) => known.get(name) ?? null);
  const absent = schema.fields.find(({ name }) => !names.includes(name));
  if (absent !== undefined && !schema.mayHaveFewer) {
    throw new TableSchemaError(`header: the column "${absent.name}" is missing`);
  }
  const strange = names.find((_name, at) => places[at] === null);
  if (strange !== undefined && !schema.mayHaveMore) {
    throw new TableSchemaError(`header: the column "${strange}" is none of the schema's fields`);
  }
  return { places, fields: places.filter((each) => each !== null) };
}
