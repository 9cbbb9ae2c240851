import { readFileSync } from "node:fs";
import type { JsonSchema, SchemaBody } from "../../client/index.ts";
import { isJsonObject, type Json } from "../../model/json.ts";
import { type Command, EXIT, UsageError } from "../command.ts";
import { typeFields } from "../import/schemas.ts";
import { jsonText } from "../print.ts";
import { printRows, type Row, ROWS } from "../rows.ts";

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

const summaryOf = (name: string, schema: JsonSchema): Row => ({
  payload_type: name,
  fields: typeFields(schema as Readonly<Record<string, Json>>).fields.size,
  title: textOf(schema["title"]) ?? textOf(schema["description"]),
});

const fieldRows = (schema: JsonSchema): readonly Row[] => {
  const whole = schema as Readonly<Record<string, Json>>;
  const properties = isJsonObject(whole["properties"]) ? whole["properties"] : {};
  const required = Array.isArray(whole["required"]) ? whole["required"] : [];
  return [...typeFields(whole).fields].map(([field, { list, type }]) => {
    const property = properties[field] ?? {};
    return {
      field,
      type: list ? `list of ${type}` : type,
      required: (required as readonly Json[]).includes(field) ? "yes" : "",
      description: isJsonObject(property) ? textOf(property["description"]) : null,
    };
  });
};

const bodyIn = (path: string): SchemaBody => {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as SchemaBody;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`${path} is no JSON: ${error.message}`);
  }
};

/** `vxdata schemas` */
export const schemas: Command = {
  name: "schemas",
  summary: "List payload types, show the fields of one, or register one",
  usage: "[options] [PAYLOAD_TYPE]",
  about: [
    "Without a payload type all of them. With one its fields; with --json its JSON Schema as it is.",
  ],
  options: {
    version: { value: "VERSION", about: "of a payload type: this version, not the newest" },
    register: {
      value: "FILE",
      about:
        "register the type, or its next version, from a JSON file with version, json_schema (admins)",
    },
    ...ROWS,
  },
  shared: "read",
  examples: ["vxdata schemas", "vxdata schemas image", "vxdata schemas scan --register scan.json"],
  run: async (context) => {
    const { client, given, json, print } = context;
    const [type, ...surplus] = given.words;
    const file = given.text("register");
    if (surplus.length > 0) throw new UsageError("at most one PAYLOAD_TYPE is taken");
    if (type === undefined) {
      if (file !== undefined) throw new UsageError("--register needs a PAYLOAD_TYPE");
      const all = Object.entries(await client().schemas());
      const rows = json
        ? all.map(([name, schema]) => ({ payload_type: name, json_schema: schema }))
        : all.map(([name, schema]) => summaryOf(name, schema));
      await printRows(context, ["payload_type", "fields", "title"], rows);
      return EXIT.done;
    }
    if (file !== undefined) {
      const { version } = await client().registerSchema(type, bodyIn(file));
      print(json ? jsonText({ payload_type: type, version }) : `${type} ${version} is registered`);
      return EXIT.done;
    }
    const schema = await client().schema(type, given.text("version"));
    if (json) print(jsonText(schema));
    else {
      await printRows(context, ["field", "type", "required", "description"], fieldRows(schema));
    }
    return EXIT.done;
  },
};
