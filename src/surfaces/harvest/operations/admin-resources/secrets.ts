/**
 * Configurations with secrets: secrets are extracted, stored separately, and rendered as `****`.
 */
import { isJsonObject, type Json, type JsonObject } from "../../../../model/json.ts";
import { bodyError, isSecretName } from "../error.ts";

/** Stands for a secret in responses; when it is sent back, the secret is kept. */
export const REDACTED = "****";

/** A configuration without its secrets, and the secrets by their dotted paths. */
export interface Parted {
  readonly plain: JsonObject;
  readonly secrets: Readonly<Record<string, string>>;
}

/** Ids of keys are not secrets, though their names look like it. */
const isSecret = (name: string): boolean => isSecretName(name) && !name.endsWith("_id");

const textOf = (value: Json, path: string): string => {
  if (typeof value === "string") return value;
  throw bodyError(path, "Input should be a valid string", "string_type");
};

/**
 * Extracts the secrets of a configuration.
 * @throws {RequestError} for one that is not a string.
 */
export function part(config: JsonObject, place: string, prefix = ""): Parted {
  const plain: Record<string, Json> = {};
  const secrets: Record<string, string> = {};
  for (const [name, value] of Object.entries(config)) {
    const path = `${prefix}${name}`;
    if (isSecret(name)) {
      if (value !== null) secrets[path] = textOf(value, `${place}.${path}`);
    } else if (isJsonObject(value)) {
      const inner = part(value, place, `${path}.`);
      plain[name] = inner.plain;
      Object.assign(secrets, inner.secrets);
    } else {
      if (Array.isArray(value)) refuseIn(value as readonly Json[], `${place}.${path}`);
      plain[name] = value;
    }
  }
  return { plain, secrets };
}

/**
 * Refuses secrets in lists: once a list changes, the element of a secret is unknown.
 */
const refuseIn = (list: readonly Json[], path: string): void => {
  for (const value of list) {
    if (Array.isArray(value)) refuseIn(value as readonly Json[], path);
    else if (isJsonObject(value) && Object.keys(part(value, path).secrets).length > 0) {
      throw bodyError(path, "Input should hold no secrets inside of lists");
    }
  }
};

const redactedAt = (config: JsonObject, [name = "", ...rest]: readonly string[]): JsonObject => {
  if (rest.length === 0) return { ...config, [name]: REDACTED };
  const inner = config[name];
  return { ...config, [name]: redactedAt(isJsonObject(inner) ? inner : {}, rest) };
};

/** A configuration as it is returned. */
export function redacted(config: JsonObject, secretPaths: readonly string[]): JsonObject {
  return secretPaths.reduce((rest, path) => redactedAt(rest, path.split(".")), config);
}

/** The secrets after a change, and what to store for it. */
export interface MergedSecrets {
  /** Paths of all secrets after the change. */
  readonly paths: readonly string[];
  /** The paths of new and removed secrets. */
  readonly changes: Readonly<Record<string, string | null>>;
}

/** Merges secrets: a new value replaces a secret, `****` keeps it, and a missing one removes it. */
export function mergeSecrets(
  sent: Readonly<Record<string, string>>,
  stored: readonly string[],
  isKept: (path: string) => boolean,
): MergedSecrets {
  const fresh = Object.entries(sent).filter(([, value]) => value !== REDACTED && value !== "");
  const names = fresh.map(([path]) => path);
  const kept = stored.filter(
    (path) => !names.includes(path) && (sent[path] === REDACTED || isKept(path)),
  );
  const gone = stored.filter((path) => !names.includes(path) && !kept.includes(path));
  return {
    paths: [...kept, ...names].toSorted(),
    changes: {
      ...Object.fromEntries(gone.map((path) => [path, null])),
      ...Object.fromEntries(fresh),
    },
  };
}
