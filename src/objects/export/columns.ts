/** The columns of resources in a table, and the value of each in a row. Pure. */
import { type Json, type JsonObject } from "../../model/json.ts";
import { parseInstant } from "../../model/time.ts";
import type { Field, FieldKind, PayloadType, Registry } from "../../schema/type.ts";

/** A version of a resource as the store returns it: lists and payload as JSON text. */
export interface ExportRow {
  readonly identifier: string;
  readonly payload_type: string;
  readonly schema_version: string;
  readonly version: number;
  readonly parent_identifier: string | null;
  readonly derived_from: string | null;
  readonly license: string | null;
  readonly access_level: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly payload: string;
  readonly children?: string;
}

/** One column. */
export interface Column {
  readonly name: string;
  readonly kind: FieldKind;
  /** Kind of a list's elements. */
  readonly items: NonNullable<Field["items"]>;
  /** Never null. */
  readonly required: boolean;
  /** The payload member of the column; null for others. */
  readonly member: string | null;
  /** True: the value's members become members of the row itself, where the format allows it. */
  readonly spread: boolean;
  /** The value in a row; `payload` is the row's payload, parsed. Null when there is none. */
  readonly valueOf: (row: ExportRow, payload: JsonObject) => Json;
}

/**
 * The column of members that the payload type does not name, or whose values do not fit their
 * column.
 */
const freeName = (columns: ReadonlyMap<string, Column>, name = "_other_members"): string =>
  columns.has(name) ? freeName(columns, `_${name}`) : name;

const column = (
  name: string,
  kind: FieldKind,
  valueOf: Column["valueOf"],
  options: Partial<Pick<Column, "required" | "items" | "member" | "spread">> = {},
): Column => ({
  name,
  kind,
  items: options.items ?? "string",
  required: options.required ?? false,
  member: options.member ?? null,
  spread: options.spread ?? false,
  valueOf,
});

const NOTHING: readonly Json[] = [];

/** Most lists of identifiers are empty and need no parsing. */
const list = (text: string | null | undefined): Json =>
  text === null || text === undefined || text === "[]"
    ? NOTHING
    : (JSON.parse(text) as readonly Json[]);

/** In the order of a response. Instants are microseconds here, not strings. */
const METADATA: readonly Column[] = [
  column("identifier", "string", (row) => row.identifier, { required: true }),
  column("payload_type", "string", (row) => row.payload_type, { required: true }),
  column("parent_identifier", "string", (row) => row.parent_identifier),
  column("derived_from", "list", (row) => list(row.derived_from), { required: true }),
  column("license", "string", (row) => row.license),
  column("access_level", "string", (row) => row.access_level, { required: true }),
  column("schema_version", "string", (row) => row.schema_version, { required: true }),
  column("version", "integer", (row) => row.version, { required: true }),
  column("created_at", "datetime", (row) => row.created_at, { required: true }),
  column("updated_at", "datetime", (row) => row.updated_at, { required: true }),
  column("children", "list", (row) => list(row.children), { required: true }),
];

const isScalarOf = (kind: Column["items"], value: Json): boolean =>
  kind === "integer" ? Number.isSafeInteger(value) : typeof value === kind;

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** True when a column of this kind can hold the value unchanged. */
const fits = (kind: FieldKind, items: Column["items"], value: Json): boolean => {
  switch (kind) {
    case "string":
    case "number":
    case "boolean":
    case "integer":
      return isScalarOf(kind, value);
    case "date":
      return typeof value === "string" && DATE.test(value);
    case "datetime":
      return typeof value === "string" && parseInstant(value) !== undefined;
    case "list":
      return Array.isArray(value) && value.every((item: Json) => isScalarOf(items, item));
    case "json":
      return true;
  }
};

const united = (fields: readonly Field[]): Pick<Column, "kind" | "items"> => {
  const kinds = new Set(fields.map((field) => field.kind));
  const items = new Set(fields.flatMap((field) => field.items ?? []));
  const [kind = "json"] = kinds;
  const [item = "string"] = items;
  if (kinds.size === 1 && items.size <= 1) return { kind, items: item };
  const isNumeric = [...kinds].every((each) => each === "integer" || each === "number");
  return { kind: isNumeric ? "number" : "json", items: item };
};

const fieldColumn = (name: string, fields: readonly Field[]): Column => {
  const { kind, items } = united(fields);
  const value = (_row: ExportRow, payload: JsonObject): Json => {
    const given = payload[name];
    return given === undefined || !fits(kind, items, given) ? null : given;
  };
  return column(name, kind, value, { items, member: name });
};

/** Members of a payload that have no column, or do not fit theirs. */
const othersColumn = (columns: ReadonlyMap<string, Column>): Column => {
  const othersOf = (_row: ExportRow, payload: JsonObject): Json => {
    const others = Object.entries(payload).filter(([name, value]) => {
      const own = columns.get(name);
      return own === undefined || !fits(own.kind, own.items, value);
    });
    return others.length === 0 ? null : Object.fromEntries(others);
  };
  return column(freeName(columns), "json", othersOf, { spread: true });
};

const typesOf = (registry: Registry, names: readonly string[]): readonly PayloadType[] =>
  names.length === 0
    ? [...registry.types.values()]
    : names.flatMap((name) => registry.types.get(name) ?? []);

/**
 * The columns of all resources of some payload types (none named: of any). Members beyond a type's
 * fields go into a column of their own, so that nothing is left out.
 *
 * @param selected the requested members; null for all. Identifier and payload type are always
 * included.
 */
export function columnsOf(
  registry: Registry,
  payloadTypes: readonly string[],
  selected: readonly string[] | null,
): readonly Column[] {
  const types = typesOf(registry, payloadTypes);
  const fields = Map.groupBy(
    types.flatMap((type) => [...type.fields.values()]),
    (field) => field.name,
  );
  const own = new Map([...fields].map(([name, of]) => [name, fieldColumn(name, of)]));
  const all = [...METADATA, ...own.values()];
  if (selected !== null) {
    const wanted = new Set(["identifier", "payload_type", ...selected]);
    return all.filter(({ name }) => wanted.has(name));
  }
  return types.every((type) => type.strict) ? all : [...all, othersColumn(own)];
}
