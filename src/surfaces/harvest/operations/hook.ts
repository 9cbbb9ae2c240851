/** Hooks: the description of a file that they get, and the result that they return. */
import { isJsonObject, type Json, type JsonObject } from "../../../model/json.ts";
import { inspect } from "../../../schema/inspect.ts";
import type { ErrorDetail } from "../../../schema/type.ts";
import { isPathPart } from "../language/destination.ts";

/** A hook to run. */
export interface Hook {
  readonly id: string;
  readonly name: string;
  readonly trigger: "pre_transfer" | "post_transfer";
  readonly implementation: "builtin" | "python_script" | "http_webhook";
  readonly builtinName: string | null;
  readonly webhookUrl: string | null;
  readonly config: JsonObject;
  readonly instrumentId: string | null;
  readonly priority: number;
  readonly enabled: boolean;
}

/** The description of a file for a hook. */
export interface HookContext {
  readonly fileId: string;
  readonly sourcePath: string;
  readonly filename: string;
  readonly sizeBytes: number | null;
  readonly instrumentId: string;
  readonly instrumentName: string;
  readonly destinationPath: string;
  readonly metadata: JsonObject;
  readonly checksum: string | null;
}

/** Access that a hook requests: for an id, or for a user found by e-mail or name. */
export interface WantedGrant {
  readonly granteeType: "user" | "group" | "project";
  readonly by: "id" | "name";
  readonly value: string;
}

/** The result of a hook. */
export interface HookResult {
  readonly action: "proceed" | "skip" | "redirect";
  readonly message: string | null;
  readonly redirectPath: string | null;
  readonly metadata: JsonObject;
  readonly grants: readonly WantedGrant[];
}

/** The result of a hook without an effect. */
export const PROCEED: HookResult = {
  action: "proceed",
  message: null,
  redirectPath: null,
  metadata: {},
  grants: [],
};

/** Runs one hook. @throws {Error} when it fails. */
export type RunHook = (hook: Hook, context: HookContext) => HookResult | Promise<HookResult>;

/** The hooks of an instrument for a trigger, in their order. */
export function hooksFor(
  hooks: readonly Hook[],
  trigger: Hook["trigger"],
  instrumentId: string,
): readonly Hook[] {
  return hooks
    .filter(
      (hook) =>
        hook.enabled &&
        hook.trigger === trigger &&
        (hook.instrumentId === null || hook.instrumentId === instrumentId),
    )
    .toSorted((one, other) => one.priority - other.priority);
}

const REDIRECT_PATH_MAX = 4_096;

/** True for a path that can be stored and does not leave the folder that it names. */
const isUsable = ({ message, redirectPath, metadata }: HookResult): boolean => {
  const errors: ErrorDetail[] = [];
  inspect({ message, redirectPath, metadata }, errors);
  if (errors.length > 0) return false;
  const path = redirectPath ?? "";
  return path.length <= REDIRECT_PATH_MAX && isPathPart(path);
};

/** A failing hook is skipped: the others run as if it did not exist. */
const attempted = async (run: RunHook, hook: Hook, context: HookContext): Promise<HookResult> => {
  try {
    const result = await run(hook, context);
    if (!isUsable(result)) throw new Error("The hook said what cannot be used.");
    return result;
  } catch {
    console.warn(JSON.stringify({ level: "warn", event: "hook failed", hook: hook.id }));
    return PROCEED;
  }
};

/** Runs hooks before a transfer; the first that returns skip or redirect ends the chain. */
export async function runBefore(
  hooks: readonly Hook[],
  context: HookContext,
  run: RunHook,
): Promise<HookResult> {
  for (const hook of hooks) {
    const result = await attempted(run, hook, context);
    if (result.action === "skip") return result;
    if (result.action === "redirect" && result.redirectPath !== null) return result;
  }
  return PROCEED;
}

/** Runs all hooks after a transfer; results of later ones win. */
export async function runAfter(
  hooks: readonly Hook[],
  context: HookContext,
  run: RunHook,
): Promise<HookResult> {
  let metadata = context.metadata;
  const grants: WantedGrant[] = [];
  for (const hook of hooks) {
    const result = await attempted(run, hook, { ...context, metadata });
    metadata = { ...metadata, ...result.metadata };
    grants.push(...result.grants);
  }
  return { ...PROCEED, metadata, grants };
}

/** The objects of a list in a configuration; everything else is ignored. */
export function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly Json[]).filter(isJsonObject) : [];
}

/** The strings of a list in a configuration. */
export function textsIn(value: Json | undefined): readonly string[] {
  return Array.isArray(value)
    ? (value as readonly Json[]).filter((each) => typeof each === "string")
    : [];
}

/** A string that is not empty; null for everything else. */
export function textIn(value: Json | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
