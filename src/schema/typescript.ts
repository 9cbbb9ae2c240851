/** TypeScript types of JSON Schemas, as text. Pure. */
import { isJsonObject, type Json, type JsonObject } from "../model/json.ts";
import { isJsonList } from "./keywords/check.ts";

/** Whether a type is for requests (members may be left `undefined`) or for responses. */
export type Direction = "sent" | "answered";

/** References that are followed within each other; a schema may refer to itself. */
const REFERENCES_MAX = 8;

interface Context {
  readonly direction: Direction;
  readonly indent: string;
  /** The whole schema, for references within it. */
  readonly root: JsonObject;
  readonly references: number;
}

const deeper = (context: Context): Context => ({ ...context, indent: `${context.indent}  ` });

const objectsOf = (value: Json | undefined): readonly JsonObject[] =>
  isJsonList(value) ? value.filter(isJsonObject) : [];

const memberName = (name: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);

const show = (value: Json): string => `\`${JSON.stringify(value)}\``;

/** A doc comment of one or several lines; nothing for a schema without a description. */
const comment = (schema: JsonObject, indent: string): string => {
  const unit = typeof schema["x-unit"] === "string" ? ` Unit: ${schema["x-unit"]}.` : "";
  const fallback = schema["default"] === undefined ? "" : ` Default: ${show(schema["default"])}.`;
  const said = typeof schema["description"] === "string" ? schema["description"] : "";
  // A description must not end the comment.
  const text = `${said}${unit}${fallback}`.trim().replaceAll("*/", "*\\/");
  if (text === "") return "";
  return `${indent}/** ${text} */\n`;
};

const union = (parts: readonly string[]): string => [...new Set(parts)].join(" | ");

/** A list, with a union put in parentheses. */
const listOf = (item: string): string =>
  `readonly ${item.includes(" ") && !item.startsWith("{") ? `(${item})` : item}[]`;

const objectType = (schema: JsonObject, context: Context): string => {
  const inside = deeper(context);
  const members = renderMembers(schema, inside);
  const extra = schema["additionalProperties"];
  const open = isJsonObject(extra) || extra === true;
  if (members === "") {
    const value = isJsonObject(extra) ? render(extra, context) : "unknown";
    return open || extra === undefined
      ? `Readonly<Record<string, ${value}>>`
      : "Record<string, never>";
  }
  const others = open ? `${inside.indent}readonly [member: string]: unknown;\n` : "";
  return `{\n${members}${others}${context.indent}}`;
};

const SCALARS: Readonly<Record<string, string>> = {
  string: "string",
  integer: "number",
  number: "number",
  boolean: "boolean",
  null: "null",
};

const typeOf = (schema: JsonObject, context: Context): string => {
  const type = schema["type"];
  if (isJsonList(type)) return union(type.map((one) => render({ ...schema, type: one }, context)));
  if (type === "array") {
    const known = schema["prefixItems"] === undefined && isJsonObject(schema["items"]);
    return listOf(known ? render(schema["items"] as JsonObject, context) : "unknown");
  }
  if (type === "object") return objectType(schema, context);
  return SCALARS[typeof type === "string" ? type : ""] ?? "unknown";
};

/** What a reference within the schema points to. */
const target = (reference: string, root: JsonObject): JsonObject | undefined => {
  if (!reference.startsWith("#/")) return undefined;
  const names = reference
    .slice(2)
    .split("/")
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
  const found = names.reduce<Json | undefined>(
    (value, name) => (isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    root,
  );
  return isJsonObject(found) ? found : undefined;
};

const literal = (value: Json): string =>
  typeof value === "object" && value !== null ? "unknown" : JSON.stringify(value);

const render = (schema: JsonObject, context: Context): string => {
  if (schema["const"] !== undefined) return literal(schema["const"]);
  if (isJsonList(schema["enum"])) return union(schema["enum"].map(literal));
  const reference = schema["$ref"];
  if (typeof reference === "string") {
    const found = target(reference, context.root);
    if (found === undefined || context.references >= REFERENCES_MAX) return "unknown";
    return render(found, { ...context, references: context.references + 1 });
  }
  const choices = objectsOf(schema["anyOf"] ?? schema["oneOf"]);
  // Beside members of its own a choice says only which of them go together.
  if (choices.length > 0 && schema["properties"] === undefined) {
    return union(choices.map((choice) => render(choice, context)));
  }
  return typeOf(schema, context);
};

/** The TypeScript type of a JSON Schema, as far as the schemas of the wire use it. */
export const renderType = (schema: JsonObject, direction: Direction, indent = ""): string =>
  render(schema, { direction, indent, root: schema, references: 0 });

/** The members of an object schema, one declaration each. */
const renderMembers = (schema: JsonObject, context: Context): string => {
  const { direction, indent } = context;
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const required = isJsonList(schema["required"]) ? schema["required"] : [];
  return Object.entries(properties)
    .map(([name, property]) => {
      const member = isJsonObject(property) ? property : {};
      const needed = required.includes(name) && member["default"] === undefined;
      const type = render(member, context);
      const maybe = !needed && direction === "sent" && type !== "unknown" ? " | undefined" : "";
      const declared = `${memberName(name)}${needed ? "" : "?"}: ${type}${maybe}`;
      return `${comment(member, indent)}${indent}readonly ${declared};\n`;
    })
    .join("");
};

/** An exported interface of an object schema, which its `description` introduces. */
export const renderInterface = (name: string, schema: JsonObject, direction: Direction): string => {
  const members = renderMembers(schema, { direction, indent: "  ", root: schema, references: 0 });
  return `${comment(schema, "")}export interface ${name} {\n${members}}\n`;
};

/** A payload: an object, whatever its schema says. */
const payloadType = (schema: JsonObject): string => {
  const object = { ...schema, type: "object" };
  return objectType(object, { direction: "sent", indent: "    ", root: schema, references: 0 });
};

/**
 * A declaration file with which the TypeScript client knows payload types.
 *
 * @param schemas the JSON Schemas of all payload types by name.
 * @param known the types that the client knows already.
 */
export function renderDeclarations(
  schemas: Readonly<Record<string, JsonObject>>,
  known: readonly string[],
): string {
  const types = Object.entries(schemas)
    .filter(([name]) => !known.includes(name))
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(
      ([name, schema]) =>
        `${comment(schema, "    ")}    readonly ${memberName(name)}: ${payloadType(schema)};\n`,
    );
  return [
    "// Payload types that were registered at the server, written by `vxdata types`.\n",
    'import "vxdata/client";\n\n',
    'declare module "vxdata/client" {\n  interface Payloads {\n',
    ...types,
    "  }\n}\n",
  ].join("");
}
