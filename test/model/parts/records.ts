// `GET /ds/{dataset}`: records in ranges, and all records as a stream, with linked records.
import fc from "fast-check";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { pathOf } from "../../support/clients/datasets.ts";
import { visible } from "../store.ts";
import type { Rendered } from "../types.ts";
import { condOf, found, wanted, type Wanted } from "./predicates.ts";
import { agreeing, readsOf, type Reading } from "./reading.ts";
import { CHILDREN, PARENTS, type Snapshot } from "./world.ts";

/** The wanted records, the size of ranges, and whether linked records are included. */
export interface RecordsSpec extends Wanted {
  /** Undefined: all at once. */
  readonly limit: number | undefined;
  readonly linked: boolean;
}

const OUTPUTS: readonly Json[] = ["label", "count"];
const LINKED: readonly Json[] = [`${CHILDREN}.label`, `${CHILDREN}.count`];

const isLinked = ({ type, linked }: RecordsSpec): boolean => linked && type === PARENTS;

const own = (id: string, row: Readonly<Record<string, Json>>): JsonObject => ({
  id,
  label: row["label"] ?? null,
  count: row["count"] ?? null,
});

/** The live, visible records that are linked to a record, in the order of creation. */
const linkedTo = (
  { world, party }: Reading,
  { state, links }: Snapshot,
  parent: string,
): readonly JsonObject[] =>
  links
    .flatMap(([from, to]) => (from === parent ? (state.get(to) ?? []) : []))
    .filter(({ identifier }) => visible(world.store, party.actor, identifier))
    .toSorted((left, right) => left.order - right.order)
    .map(({ identifier, payload }) => own(identifier, payload));

const rendered = (
  reading: Reading,
  spec: RecordsSpec,
  snapshot: Snapshot,
  row: Rendered,
): JsonObject => {
  const id = String(row["identifier"]);
  const record = own(id, row);
  return isLinked(spec) ? { ...record, [CHILDREN]: linkedTo(reading, snapshot, id) } : record;
};

/** The payload types that the caller must be allowed to read. */
const needs = (spec: RecordsSpec): readonly string[] =>
  isLinked(spec) ? [PARENTS, CHILDREN] : [spec.type];

const mayRead = ({ party }: Reading, spec: RecordsSpec): boolean =>
  needs(spec).every((type) => party.actor.types?.includes(type) ?? true);

const read = async (reading: Reading, spec: RecordsSpec, range: JsonObject): Promise<number> => {
  const { world } = reading;
  const { order } = spec;
  const { answer, states } = await reading.ask(({ watched }, asOf) =>
    watched.get(
      pathOf(spec.type, {
        cond: [...condOf(world.prefix, spec.predicate)],
        outputs: [...OUTPUTS, ...(isLinked(spec) ? LINKED : [])],
        ...(order === undefined
          ? {}
          : { order: [{ fields: [order.field], direction: order.direction }] }),
        ...(Object.keys(range).length === 0 ? {} : { range }),
        ...(asOf === undefined ? {} : { as_of: asOf }),
      }),
    ),
  );
  const records = answer.status === 200 ? (answer.body as readonly Json[] | null) : null;
  const { offset = 0, limit = 1_000 } = range as { offset?: number; limit?: number };
  const modelOf = (snapshot: Snapshot): Json => {
    if (!mayRead(reading, spec)) return 403;
    const rows = found(reading, spec, snapshot, "last").slice(offset, offset + limit);
    return rows.map((row) => rendered(reading, spec, snapshot, row));
  };
  agreeing(
    states,
    modelOf,
    records ?? (answer.status === 200 ? answer.text : answer.status),
    answer.text,
  );
  return records?.length ?? 0;
};

/** Reads records in ranges, or all of them. */
export const records = readsOf(
  "records",
  fc.record({
    ...wanted,
    limit: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined, freq: 3 }),
    linked: fc.boolean(),
  }),
  async (reading, spec) => {
    const { limit } = spec;
    if (limit === undefined) {
      await read(reading, spec, {});
      return;
    }
    for (let offset = 0; ; offset += limit) {
      const count = await read(reading, spec, { limit, ...(offset === 0 ? {} : { offset }) });
      if (count < limit) return;
      await reading.pause();
    }
  },
);
