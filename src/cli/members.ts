/** How commands that write take the members of resources: `--set field=value`, or files. */
import { readFileSync } from "node:fs";
import { text as textOf } from "node:stream/consumers";
import { isJsonObject, type Json, type JsonObject } from "../model/json.ts";
import { type Context, type Given, type Options, UsageError } from "./command.ts";

/** Options that set members. */
export const MEMBERS: Options = {
  set: {
    value: "FIELD=VALUE",
    many: true,
    about: "a member; numbers, true, false, null, lists and objects are JSON, all else is text",
  },
  parent: { value: "ID", about: "the resource that contains it" },
  license: { value: "TEXT", about: "SPDX identifier or free text" },
  "access-level": { value: "LEVEL", about: "public, internal or restricted" },
  file: {
    value: "FILE",
    about: "resources of a file instead: a JSON object a line, or a JSON list; - is standard input",
  },
};

const MEMBER = /^([A-Za-z_][\w-]*)=(.*)$/s;
const JSON_VALUE = /^(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|".*"|\[.*\]|\{.*\})$/s;

const parseJson = (text: string): Json | undefined => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
};

/** JSON where the text is a JSON value, otherwise the text. */
export function valueOf(text: string): Json {
  if (!JSON_VALUE.test(text)) return text;
  const value = parseJson(text);
  return value === undefined ? text : value;
}

const named = (given: Given, option: string, member: string): JsonObject => {
  const text = given.text(option);
  return text === undefined ? {} : { [member]: text };
};

/** The members that the options set. */
export function membersOf(given: Given): JsonObject {
  const set = given.texts("set").map((text) => {
    const [, field, value = ""] = MEMBER.exec(text) ?? [];
    if (field === undefined) throw new UsageError(`--set takes field=value, not ${text}`);
    return [field, valueOf(value)] as const;
  });
  return {
    ...Object.fromEntries(set),
    ...named(given, "parent", "parent_identifier"),
    ...named(given, "license", "license"),
    ...named(given, "access-level", "access_level"),
  };
}

const objectsIn = (text: string, name: string): readonly JsonObject[] => {
  const whole = parseJson(text);
  if (Array.isArray(whole)) {
    return (whole as readonly Json[]).map((value, index) => {
      if (isJsonObject(value)) return value;
      throw new UsageError(`${name}: element ${index + 1} of the list is no JSON object`);
    });
  }
  if (isJsonObject(whole)) return [whole];
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === "") return [];
    const value = parseJson(line);
    if (isJsonObject(value)) return [value];
    throw new UsageError(`${name}: line ${index + 1} is no JSON object`);
  });
};

/** The resources of `--file`; undefined without it. */
export async function resourcesIn({
  given,
  stdin,
}: Pick<Context, "given" | "stdin">): Promise<readonly JsonObject[] | undefined> {
  const path = given.text("file");
  if (path === undefined) return undefined;
  const text = path === "-" ? await textOf(stdin) : readFileSync(path, "utf8");
  const found = objectsIn(text.replace(/^\uFEFF/, ""), path === "-" ? "standard input" : path);
  if (found.length === 0) throw new UsageError(`${path} holds no resource`);
  return found;
}
