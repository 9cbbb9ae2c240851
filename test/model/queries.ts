// Random queries over one history, for `POST /query`.
import fc from "fast-check";
import type { Json, JsonObject } from "../../src/model/json.ts";
import { TYPES } from "./fields.ts";
import { filterOf } from "./filters.ts";
import type { QueryBody, Rendered, TypeModel, Types } from "./types.ts";

/** A query before the identifiers of a history are filled in. */
export interface QuerySpec {
  readonly body: QueryBody;
  /** Position of the parent in the pool; absent: the whole history. */
  readonly parent: number | undefined;
  /** Positions in the pool that the query is restricted to. */
  readonly among: readonly number[] | undefined;
  /** The number of the moment to read; beyond the last one: the present. */
  readonly moment: number;
  /** Page size. */
  readonly limit: number | undefined;
}

const option = <T>(arbitrary: fc.Arbitrary<T>, freq = 2): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq });

const SORTS = ["created_at", "updated_at", "identifier", "version", "license"] as const;

const sortsOf = (type: TypeModel | undefined): fc.Arbitrary<string> => {
  const fields = Object.entries(type ?? {}).flatMap(([name, field]) =>
    field.kind === "list" || field.kind === "json" ? [] : [name],
  );
  return fc.constantFrom(...SORTS, ...fields);
};

const without = (members: Readonly<Record<string, unknown>>): JsonObject =>
  Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as JsonObject;

/** Fields that all types have, for queries over several types. */
const sharedBy = (types: Types): TypeModel => {
  const [first = {}, ...others] = Object.values(types);
  return Object.fromEntries(
    Object.entries(first).filter(([name, { kind }]) =>
      others.every((other) => other[name]?.kind === kind),
    ),
  );
};

const bodyFor = (types: Types, type: string | undefined): fc.Arbitrary<QueryBody> => {
  const names = Object.keys(types);
  const several = fc.constantFrom<Json | undefined>(undefined, [...names], [names[0] ?? ""]);
  const fields = type === undefined ? sharedBy(types) : (types[type] ?? {});
  const columns = ["license", "version", "created_at", "children", ...Object.keys(fields)];
  return fc
    .record({
      payload_type: type === undefined ? several : fc.constant(type),
      filters: option(filterOf(fields, 2), 3),
      sort_by: option(sortsOf(types[type ?? ""]), 3),
      sort_order: option(fc.constantFrom("asc", "desc"), 2),
      select_columns: option(fc.uniqueArray(fc.constantFrom(...columns), { maxLength: 4 })),
      include_indirect_parents: option(fc.boolean(), 2),
    })
    .map(without) as fc.Arbitrary<QueryBody>;
};

/** Random queries over some payload types. */
export const querySpecsOf = (types: Types): fc.Arbitrary<QuerySpec> =>
  option(fc.constantFrom(...Object.keys(types)), 2).chain((type) =>
    fc.record({
      body: bodyFor(types, type),
      parent: option(fc.nat({ max: 12 })),
      among: option(fc.array(fc.nat({ max: 12 }), { maxLength: 8 })),
      moment: fc.nat({ max: 16 }),
      limit: option(fc.integer({ min: 1, max: 3 })),
    }),
  );

/** Random queries over the types of the model. */
export const querySpecs: fc.Arbitrary<QuerySpec> = querySpecsOf(TYPES);

/** The body of a query, restricted to the resources of one history. */
export const bodyOf = (spec: QuerySpec, pool: readonly string[], prefix: string): QueryBody => {
  const own: JsonObject = { identifier: { starts_with: prefix } };
  const parent = spec.parent === undefined ? undefined : pool[spec.parent % pool.length];
  const among = spec.among?.map((at) => pool[at % pool.length] as string);
  return {
    ...spec.body,
    filters: spec.body.filters === undefined ? own : { and: [own, spec.body.filters] },
    ...(parent === undefined ? {} : { parent_identifier: parent }),
    ...(among === undefined ? {} : { identifiers: among }),
  };
};

/** A result with only the selected members; identifier and payload type are always included. */
export const selected = (row: Rendered, columns: readonly string[] | undefined): Rendered => {
  if (columns === undefined) return row;
  const kept = new Set(["identifier", "payload_type", ...columns]);
  return Object.fromEntries(Object.entries(row).filter(([name]) => kept.has(name)));
};
