/**
 * Fields of stored documents that only other versions define: a role that may not write them does
 * not lose any.
 */
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import { admits, admitsFully } from "./access.ts";
import type { Entity, EntityField, EntityVersion } from "./metadata.ts";

/**
 * The same field in the version that writes, if it defines it, and in those of the others that do.
 */
interface Definitions {
  readonly own: EntityField | undefined;
  readonly others: readonly EntityField[];
}

/** A stored value of such a field. */
interface ClosedValue {
  readonly path: string;
  /**
   * Equal for values that may change places: a write may reorder elements with everything in them.
   */
  readonly key: string;
}

const memberOf = (field: EntityField | undefined, name: string): EntityField | undefined =>
  field?.kind === "object" ? field.fields.get(name) : undefined;

const itemsOf = (field: EntityField | undefined): EntityField | undefined =>
  field?.kind === "array" ? field.items : undefined;

/** What leads one step down, in each version that defines something there. */
const below = (
  { own, others }: Definitions,
  step: (field: EntityField | undefined) => EntityField | undefined,
): Definitions => ({ own: step(own), others: others.flatMap((each) => step(each) ?? []) });

/** Values that only other versions define, and one of them closes to a role. */
const closedValues = (
  fields: Definitions,
  value: Json,
  role: string | null,
  at: { readonly path: string; readonly pattern: string },
): readonly ClosedValue[] => {
  const { own, others } = fields;
  if (value === null || others.length === 0) return [];
  if (own === undefined && others.some(({ access }) => !admits(access.update, role))) {
    return [{ path: at.path, key: JSON.stringify([at.pattern, canonicalJson(value)]) }];
  }
  const under = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);
  if (isJsonObject(value)) {
    return Object.entries(value).flatMap(([name, each]) =>
      closedValues(
        below(fields, (field) => memberOf(field, name)),
        each,
        role,
        { path: under(at.path, name), pattern: under(at.pattern, name) },
      ),
    );
  }
  if (!Array.isArray(value)) return [];
  const items = below(fields, itemsOf);
  return (value as readonly Json[]).flatMap((each, index) =>
    closedValues(items, each, role, {
      path: under(at.path, String(index)),
      pattern: under(at.pattern, "*"),
    }),
  );
};

/** Multiset difference: the values that are not among the others, each of which removes one. */
const missingFrom = (
  values: readonly ClosedValue[],
  others: readonly ClosedValue[],
): readonly string[] => {
  const left = new Map<string, number>();
  for (const { key } of others) left.set(key, (left.get(key) ?? 0) + 1);
  return values.flatMap(({ path, key }) => {
    const count = left.get(key) ?? 0;
    left.set(key, count - 1);
    return count > 0 ? [] : [path];
  });
};

/**
 * Paths of the values that a write through a version removes or changes although it does not define
 * their fields, and another version does not let the role update them. Disabled versions count:
 * documents keep what was written through them.
 */
export function closedElsewhere(
  { versions }: Entity,
  version: EntityVersion,
  { before, after }: { readonly before: JsonObject; readonly after: JsonObject },
  role: string | null,
): readonly string[] {
  const others = [...versions.values()]
    .filter((each) => each.version !== version.version)
    .map(({ root }) => root)
    .filter((root) => !admitsFully(root, "update", role));
  if (others.length === 0) return [];
  const fields = { own: version.root, others };
  const start = { path: "", pattern: "" };
  const [old, now] = [before, after].map((document) => closedValues(fields, document, role, start));
  return [...missingFrom(old ?? [], now ?? []), ...missingFrom(now ?? [], old ?? [])];
}
