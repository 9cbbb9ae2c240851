// `POST /query` page by page, and `POST /query/count`.
import fc from "fast-check";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { LIMITS } from "../../../src/model/limits.ts";
import type { Answer } from "../../support/clients/http.ts";
import { bodyOf, querySpecsOf, selected, type QuerySpec } from "../queries.ts";
import { orderOf, queryIn } from "../read.ts";
import type { QueryBody, Rendered } from "../types.ts";
import { agreeing, readsOf, type Reading } from "./reading.ts";
import { PART_TYPES, type Snapshot, type World } from "./world.ts";

/** Filters that match many rows: no filter, and ones that SQL cannot decide. */
const wide = fc.constantFrom<JsonObject | undefined>(
  undefined,
  { access_level: { regex: "" } },
  { not: { label: { regex: "b" } } },
);

/** Random queries over the types of the tests; most results have several pages. */
export const querySpecs: fc.Arbitrary<QuerySpec> = fc.oneof(
  { arbitrary: querySpecsOf(PART_TYPES), weight: 1 },
  {
    arbitrary: fc
      .tuple(querySpecsOf(PART_TYPES), wide)
      .map(([{ body, ...spec }, filters]): QuerySpec => {
        const { filters: _narrow, ...others } = body;
        return {
          ...spec,
          body: { ...others, ...(filters === undefined ? {} : { filters }) },
          parent: undefined,
          among: undefined,
        };
      }),
    weight: 2,
  },
);

/** The body of a query without paging, with the instant. */
export const sentBody = (body: QueryBody, asOf: string | undefined): JsonObject => ({
  ...body,
  ...(asOf === undefined ? {} : { as_of: asOf }),
});

/** The body of a specification, restricted to the resources of a history. */
export const bodyIn = ({ pool, prefix }: World, spec: QuerySpec): QueryBody =>
  bodyOf(spec, pool, prefix);

interface Page {
  readonly status: number;
  readonly rows: readonly Rendered[];
  readonly more: boolean;
}

/** A state, and the last row of the previous page in that state. */
interface Place {
  readonly snapshot: Snapshot;
  readonly last: Rendered | undefined;
}

/** The page after a position in the model, as whole rows. */
const pageAfter = (
  { world, party }: Reading,
  body: QueryBody,
  limit: number,
  { snapshot, last }: Place,
): Page => {
  const rows = queryIn(world.store, party.actor, body, snapshot.state);
  if (rows === undefined) return { status: 404, rows: [], more: false };
  const order = orderOf(world.store, body);
  const rest = last === undefined ? rows : rows.filter((row) => order(row, last) > 0);
  const shown = rest.slice(0, limit);
  return { status: 200, rows: shown, more: rest.length > shown.length };
};

const shown = (page: Page, body: QueryBody): Page => ({
  ...page,
  rows: page.rows.map((row) => selected(row, body.select_columns)),
});

const pageIn = ({ status, body }: Answer): Page & { readonly cursor: Json } => {
  const { results = [], next_cursor: cursor = null } = (body ?? {}) as JsonObject;
  const rows = (status === 200 ? results : []) as readonly Rendered[];
  return { status, rows, more: cursor !== null, cursor };
};

/** Follows the cursors of a query to the end. */
export const pages = readsOf("pages", querySpecs, async (reading, spec) => {
  const body = bodyIn(reading.world, spec);
  const limit = spec.limit === undefined ? {} : { limit: spec.limit };
  let places: readonly Place[] | undefined;
  for (let cursor: Json = null; ;) {
    const at = cursor;
    const { answer, states } = await reading.ask(({ watched }, asOf) =>
      watched.post("/query", { ...sentBody(body, asOf), ...limit, cursor: at }),
    );
    const { cursor: next, ...page } = pageIn(answer);
    const modelOf = (place: Place): Page =>
      pageAfter(reading, body, spec.limit ?? LIMITS.pageSizeDefault, place);
    places ??= states.map((snapshot) => ({ snapshot, last: undefined }));
    places = agreeing(places, (place) => shown(modelOf(place), body), page, answer.text);
    if (next === null || page.status !== 200) return;
    places = places.map((place) => ({ ...place, last: modelOf(place).rows.at(-1) }));
    cursor = next;
    await reading.pause();
  }
});

/** Counts the results of a query. */
export const count = readsOf("count", querySpecs, async (reading, spec) => {
  const { world, party } = reading;
  const body = bodyIn(world, spec);
  const { answer, states } = await reading.ask(({ watched }, asOf) =>
    watched.post("/query/count", sentBody(body, asOf)),
  );
  const counted = answer.status === 200 ? answer.body : answer.status;
  const modelOf = ({ state }: Snapshot): Json => {
    const rows = queryIn(world.store, party.actor, body, state);
    return rows === undefined ? 404 : { count: rows.length };
  };
  agreeing(states, modelOf, counted, answer.text);
});
