import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import { isJsonList } from "./check.ts";

/** Keywords whose arguments are values, not schemas: they contain no anchors. */
const VALUES: ReadonlySet<string> = new Set(["const", "enum", "default", "examples"]);

const children = (value: Json): readonly Json[] => {
  if (isJsonList(value)) return value;
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => (VALUES.has(name) ? [] : [inner]));
};

/** The schemas that carry an `$anchor`, by its name. */
export function findAnchors(root: Json): ReadonlyMap<string, JsonObject> {
  const anchors = new Map<string, JsonObject>();
  const open: Json[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (isJsonObject(value) && typeof value["$anchor"] === "string") {
      anchors.set(value["$anchor"], value);
    }
    open.push(...children(value));
  }
  return anchors;
}

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

const step = (value: Json | undefined, token: string): Json | undefined => {
  const name = token.replaceAll("~1", "/").replaceAll("~0", "~");
  if (isJsonList(value)) return value[Number(name)];
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
};

/**
 * What a `$ref` names within its own document: `#`, `#/json/pointer` (RFC 6901) or `#anchor`.
 * Undefined for anything else, above all for other documents.
 */
export function lookUp(
  root: Json,
  anchors: ReadonlyMap<string, JsonObject>,
  reference: string,
): Json | undefined {
  const fragment = reference.startsWith("#") ? decode(reference.slice(1)) : undefined;
  if (fragment === undefined) return undefined;
  if (fragment === "") return root;
  if (!fragment.startsWith("/")) return anchors.get(fragment);
  return fragment.slice(1).split("/").reduce<Json | undefined>(step, root);
}
