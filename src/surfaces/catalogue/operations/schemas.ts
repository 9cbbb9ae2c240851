/** The schemas of payload types, as of an instant. */
import { AppError } from "../../../model/error.ts";
import type { JsonObject } from "../../../model/json.ts";
import type { AsOf } from "../../../query/query.ts";
import { INTERNAL_TYPES } from "../../../schema/internal.ts";
import { createRegistry, typeAtVersion, type VersionedRegistry } from "../../../schema/registry.ts";
import type { CatalogueContext } from "./context.ts";

const registryOf = async (
  { store, principal }: CatalogueContext,
  asOf: AsOf,
): Promise<VersionedRegistry> => {
  const stored = await store.definitions(principal, asOf);
  const definitions = stored.map((each) => each.definition);
  return createRegistry(definitions.length, definitions);
};

/**
 * The latest JSON Schema of each payload type in a state, without the types that callers never
 * write.
 */
export async function listSchemas(
  context: CatalogueContext,
  asOf: AsOf,
): Promise<Readonly<Record<string, JsonObject>>> {
  const { types } = await registryOf(context, asOf);
  const listed = [...types.values()].filter((type) => !INTERNAL_TYPES.has(type.name));
  return Object.fromEntries(listed.map((type) => [type.name, type.jsonSchema]));
}

/**
 * The JSON Schema of a payload type in a state, at a version or at the latest.
 *
 * @throws AppError `not_found`.
 */
export async function readSchema(
  context: CatalogueContext,
  name: string,
  version: string | undefined,
  asOf: AsOf,
): Promise<JsonObject> {
  const registry = await registryOf(context, asOf);
  const newest = INTERNAL_TYPES.has(name) ? undefined : registry.types.get(name);
  const type =
    newest === undefined || version === undefined ? newest : typeAtVersion(registry, name, version);
  if (type === undefined) throw new AppError("not_found", "No such payload type or version.");
  return type.jsonSchema;
}
