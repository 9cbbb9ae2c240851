import { isJsonObject, type Json, type JsonObject } from "../../src/model/json.ts";

/** Whether a type is for requests (members may be left `undefined`) or for responses. */
export type Direction = "sent" | "answered";

const objectsOf = (value: Json | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? (value as readonly Json[]).filter(isJsonObject) : [];

const memberName = (name: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);

/** A doc comment of one or several lines; nothing for a schema without a description. */
const comment = (schema: JsonObject, indent: string): string => {
  const unit = typeof schema["x-unit"] === "string" ? ` Unit: ${schema["x-unit"]}.` : "";
  const fallback = schema["default"] === undefined ? "" : ` Default: ${show(schema["default"])}.`;
  const said = typeof schema["description"] === "string" ? schema["description"] : "";
  const text = `${said}${unit}${fallback}`.trim().replaceAll("*/", "*\\/");
  if (text === "") return "";
  return `${indent}/** ${text} */\n`;
};

const show = (value: Json): string => `\`${JSON.stringify(value)}\``;

const union = (parts: readonly string[]): string => [...new Set(parts)].join(" | ");

/** A list, with a union put in parentheses. */
const listOf = (item: string): string =>
  `readonly ${item.includes(" ") && !item.startsWith("{") ? `(${item})` : item}[]`;

const objectType = (schema: JsonObject, direction: Direction, indent: string): string => {
  const inside = `${indent}  `;
  const members = renderMembers(schema, direction, inside);
  const extra = schema["additionalProperties"];
  const open = isJsonObject(extra) || extra === true;
  if (members === "") {
    const value = isJsonObject(extra) ? renderType(extra, direction, indent) : "unknown";
    return open || extra === undefined
      ? `Readonly<Record<string, ${value}>>`
      : "Record<string, never>";
  }
  return `{\n${members}${open ? `${inside}readonly [member: string]: unknown;\n` : ""}${indent}}`;
};

const SCALARS: Readonly<Record<string, string>> = {
  string: "string",
  integer: "number",
  number: "number",
  boolean: "boolean",
  null: "null",
};

const typeOf = (schema: JsonObject, direction: Direction, indent: string): string => {
  const type = schema["type"];
  if (Array.isArray(type)) {
    const types = type as readonly Json[];
    return union(types.map((one) => renderType({ ...schema, type: one }, direction, indent)));
  }
  if (type === "array") {
    const items = isJsonObject(schema["items"]) ? schema["items"] : {};
    return listOf(renderType(items, direction, indent));
  }
  if (type === "object") return objectType(schema, direction, indent);
  return SCALARS[typeof type === "string" ? type : ""] ?? "unknown";
};

/** The TypeScript type of a JSON Schema, as far as the wire schemas use it. */
export const renderType = (schema: JsonObject, direction: Direction, indent = ""): string => {
  if (schema["const"] !== undefined) return JSON.stringify(schema["const"]);
  if (Array.isArray(schema["enum"])) {
    return union((schema["enum"] as readonly Json[]).map((value) => JSON.stringify(value)));
  }
  const choices = objectsOf(schema["anyOf"] ?? schema["oneOf"]);
  if (choices.length > 0) {
    return union(choices.map((choice) => renderType(choice, direction, indent)));
  }
  return typeOf(schema, direction, indent);
};

/** The members of an object schema, one declaration each. */
const renderMembers = (schema: JsonObject, direction: Direction, indent = "  "): string => {
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? (schema["required"] as Json[]) : [];
  return Object.entries(properties)
    .map(([name, property]) => {
      const member = isJsonObject(property) ? property : {};
      const needed = required.includes(name);
      const type = renderType(member, direction, indent);
      const maybe = !needed && direction === "sent" && type !== "unknown" ? " | undefined" : "";
      const declared = `${memberName(name)}${needed ? "" : "?"}: ${type}${maybe}`;
      return `${comment(member, indent)}${indent}readonly ${declared};\n`;
    })
    .join("");
};

/** An exported interface of an object schema, which its `description` introduces. */
export const renderInterface = (name: string, schema: JsonObject, direction: Direction): string => {
  return `${comment(schema, "")}export interface ${name} {\n${renderMembers(schema, direction)}}\n`;
};
