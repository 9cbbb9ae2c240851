import type { Query, SortKey } from "../query/query.ts";
import { checkCondition, type Context } from "./check-condition.ts";
import { addError, errorAt } from "./error.ts";
import { queryNames, typeNames, unknownField, unknownType } from "./suggest.ts";
import { namesOf, payloadScope, targetsAt, type Scope } from "./target.ts";
import type { ErrorDetail, PayloadType, Registry } from "./type.ts";

/** A query with literals in stored form, or its errors. */
export type QueryCheck =
  | { readonly ok: true; readonly query: Query }
  | { readonly ok: false; readonly errors: readonly ErrorDetail[] };

const namedTypes = (
  query: Query,
  registry: Registry,
  errors: ErrorDetail[],
): readonly PayloadType[] =>
  query.payloadTypes.flatMap((name) => {
    const type = registry.types.get(name);
    if (type !== undefined) return [type];
    const detail = unknownType(name, typeNames(registry));
    addError(errors, errorAt([name], "unknown_payload_type", detail));
    return [];
  });

const checkSort = (key: SortKey, { scope, errors }: Omit<Context, "patterns">): void => {
  const targets = targetsAt(key.path, scope);
  const names = namesOf(key.path);
  if (targets.length === 0) {
    addError(errors, errorAt(names, "unknown_field", unknownField(key.path, scope)));
    return;
  }
  const nested = key.path.segments.length > 1;
  const single = targets.some(({ kind }) => kind !== "list" && (kind !== "json" || nested));
  const many = key.path.segments.some((segment) => segment.kind === "any");
  if (!single || many) {
    addError(errors, errorAt(names, "invalid_value", "Expected a field that holds one value."));
  }
};

/**
 * Checks a query against the types that it names (all of them when it names none): every path names
 * a metadata column or a field of at least one of the types, and every literal is of the field's
 * kind. Returns the query with normalised literals: canonical strings for datetime fields,
 * microseconds for `created_at` and `updated_at`.
 */
export function checkQuery(query: Query, registry: Registry): QueryCheck {
  const errors: ErrorDetail[] = [];
  const named = query.payloadTypes.length > 0;
  const types = named ? namedTypes(query, registry, errors) : [...registry.types.values()];
  // The fields of an unknown type are unknown, so they are not checked.
  if (errors.length > 0) return { ok: false, errors };
  const scope: Scope = {
    ...payloadScope(types, named),
    suggested: queryNames(query.payloadTypes, registry),
  };
  const condition = checkCondition(query.condition, { scope, errors, patterns: { size: 0 } });
  for (const key of query.sort) checkSort(key, { scope, errors });
  return errors.length > 0 ? { ok: false, errors } : { ok: true, query: { ...query, condition } };
}
