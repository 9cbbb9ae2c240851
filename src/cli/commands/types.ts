import { BUILTIN_TYPES } from "../../client/index.ts";
import type { JsonObject } from "../../model/json.ts";
import { renderDeclarations } from "../../schema/typescript.ts";
import { type Command, EXIT, wordsOf } from "../command.ts";

/** `vxdata types` */
export const types: Command = {
  name: "types",
  summary: "Write the registered payload types as TypeScript",
  usage: "[options]",
  about: [
    "Prints a declaration file. A program that includes it has its resources, filters and columns of these types checked by the compiler, through the client vxdata/client.",
  ],
  options: {},
  shared: "read",
  examples: ["vxdata types > vxdata.d.ts"],
  run: async ({ client, given, json, print }) => {
    wordsOf(given);
    const schemas = (await client().schemas()) as Readonly<Record<string, JsonObject>>;
    const text = renderDeclarations(schemas, BUILTIN_TYPES).trimEnd();
    print(json ? JSON.stringify({ declarations: text }) : text);
    return EXIT.done;
  },
};
