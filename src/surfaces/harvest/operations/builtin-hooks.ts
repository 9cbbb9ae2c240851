/** The built-in hooks. */
import { isUuid } from "../../../identity/uuid.ts";
import type { JsonObject } from "../../../model/json.ts";
import { globOf, patternOf } from "./glob.ts";
import {
  objectsIn,
  PROCEED,
  textIn,
  textsIn,
  type HookContext,
  type HookResult,
  type WantedGrant,
} from "./hook.ts";

type Builtin = (config: JsonObject, context: HookContext) => HookResult;

const fits = (pattern: string, { filename, sourcePath }: HookContext): boolean => {
  const test = globOf(pattern);
  return test(filename) || test(sourcePath);
};

const skip = (message: string): HookResult => ({ ...PROCEED, action: "skip", message });

const redirected = (config: JsonObject, context: HookContext): HookResult | undefined => {
  for (const rule of objectsIn(config["redirect_rules"])) {
    const [pattern, redirectPath] = [textIn(rule["pattern"]), textIn(rule["destination"])];
    if (pattern === null || redirectPath === null || !fits(pattern, context)) continue;
    const message = `Redirected by pattern '${pattern}'`;
    return { ...PROCEED, action: "redirect", redirectPath, message };
  }
  return undefined;
};

/** Decides by size and name which files are copied, and where to. */
const fileFilter: Builtin = (config, context) => {
  const least = config["min_size_bytes"];
  const size = context.sizeBytes ?? 0;
  if (typeof least === "number" && size < least) {
    return skip(`File too small (${size} B < min ${least} B)`);
  }
  const elsewhere = redirected(config, context);
  if (elsewhere !== undefined) return elsewhere;
  const excluded = textsIn(config["exclude_patterns"]).find((each) => fits(each, context));
  if (excluded !== undefined) return skip(`Excluded by pattern '${excluded}'`);
  const included = textsIn(config["include_patterns"]);
  if (included.length === 0 || included.some((each) => fits(each, context))) return PROCEED;
  return skip("Not matched by any include pattern");
};

/** Extracts metadata from path or name with regular expressions. */
const metadataEnrichment: Builtin = (config, context) => {
  const metadata: Record<string, string | null> = {};
  for (const rule of objectsIn(config["rules"])) {
    const source = textIn(rule["pattern"]);
    if (source === null) continue;
    const text = rule["source"] === "filename" ? context.filename : context.sourcePath;
    Object.assign(metadata, patternOf(source).groups(text));
  }
  return { ...PROCEED, metadata };
};

const GRANTEES: readonly WantedGrant["granteeType"][] = ["user", "group", "project"];

const grantOf = (rule: JsonObject, context: HookContext): readonly WantedGrant[] => {
  const granteeType = GRANTEES.find((type) => type === rule["grantee_type"]);
  const field = textIn(rule["match_field"]);
  if (granteeType === undefined || field === null) return [];
  if (rule["source"] === "literal") {
    const value = field.toLowerCase();
    return isUuid(value) ? [{ granteeType, by: "id", value }] : [];
  }
  const value = textIn(context.metadata[field]);
  return value === null ? [] : [{ granteeType, by: "name", value }];
};

/** Grants access to a file, to grantees that its metadata or the configuration name. */
const accessAssignment: Builtin = (config, context) => ({
  ...PROCEED,
  grants: objectsIn(config["grants"]).flatMap((rule) => grantOf(rule, context)),
});

const BUILTINS: Readonly<Record<string, Builtin>> = {
  file_filter: fileFilter,
  metadata_enrichment: metadataEnrichment,
  access_assignment: accessAssignment,
};

/** Runs a built-in hook. @throws {Error} for an unknown one, and for invalid patterns. */
export function runBuiltin(
  name: string | null,
  config: JsonObject,
  context: HookContext,
): HookResult {
  const builtin = name !== null && Object.hasOwn(BUILTINS, name) ? BUILTINS[name] : undefined;
  if (builtin === undefined) throw new Error("There is no such built-in hook.");
  return builtin(config, context);
}

const rules = (item: JsonObject): JsonObject => ({
  type: "array",
  items: { type: "object", properties: item },
});

const TEXT: JsonObject = { type: "string" };
const TEXTS: JsonObject = { type: "array", items: TEXT };

/** The catalogue of hooks, for those who configure them. */
export const HOOK_CATALOGUE = [
  {
    name: "file_filter",
    display_name: "File filter",
    description: "Skips or redirects files by their size and by patterns of their names.",
    trigger: "pre",
    config_schema: {
      type: "object",
      properties: {
        min_size_bytes: { type: "integer" },
        redirect_rules: rules({ pattern: TEXT, destination: TEXT }),
        exclude_patterns: TEXTS,
        include_patterns: TEXTS,
      },
    },
  },
  {
    name: "metadata_enrichment",
    display_name: "Metadata enrichment",
    description: "Reads metadata out of a file's path or name with regular expressions.",
    trigger: "post",
    config_schema: {
      type: "object",
      properties: {
        rules: rules({ pattern: TEXT, source: { type: "string", enum: ["path", "filename"] } }),
      },
    },
  },
  {
    name: "access_assignment",
    display_name: "Access assignment",
    description: "Gives users, groups or projects access to a file.",
    trigger: "post",
    config_schema: {
      type: "object",
      properties: {
        grants: rules({
          grantee_type: { type: "string", enum: ["user", "group", "project"] },
          match_field: TEXT,
          source: { type: "string", enum: ["metadata", "literal"] },
        }),
      },
    },
  },
] as const;
