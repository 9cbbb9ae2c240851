// `GET /children` along its links, `POST /resources/history`, and `POST /resources/grants/read`.
import fc from "fast-check";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import type { Answer } from "../../support/clients/http.ts";
import { history, liveRow } from "../read.ts";
import { stateAt } from "../store.ts";
import { children } from "../tree.ts";
import { agreeing, readsOf, type Part, type Reading } from "./reading.ts";
import type { Snapshot } from "./world.ts";

/** One of the resources with the most versions; the last positions are unused identifiers. */
const changedMost = ({ world }: Reading, nth: number): string => {
  const state = stateAt(world.store);
  const count = (identifier: string): number => state.get(identifier)?.version ?? 0;
  return world.pool.toSorted((left, right) => count(right) - count(left)).at(nth) ?? "";
};

/** One of the resources with the most children, in all states. */
const parentOf = ({ world }: Reading, nth: number): string => {
  const rows = world.store.moments.flatMap(({ state }) => [...state.values()]);
  const families = Map.groupBy(rows, ({ parent }) => parent);
  const count = (identifier: string): number => families.get(identifier)?.length ?? 0;
  return world.pool.toSorted((left, right) => count(right) - count(left))[nth] ?? "";
};

interface Place {
  readonly snapshot: Snapshot;
  readonly last: string | undefined;
}

/** The visible nodes after a position; 404 below a hidden parent. */
const nodesAfter = (
  { world, party }: Reading,
  parent: string,
  limit: number | undefined,
  { snapshot, last }: Place,
): Json => {
  const { state } = snapshot;
  const nodes = children({ store: world.store, actor: party.actor, state }, parent);
  if (nodes === undefined) return 404;
  const orderOf = (identifier: string): number => state.get(identifier)?.order ?? -1;
  const rest = nodes.filter(
    ({ identifier }) => last === undefined || orderOf(String(identifier)) > orderOf(last),
  );
  const shown = rest.slice(0, limit);
  return { nodes: shown, more: rest.length > shown.length };
};

/** Follows the links of the children of a resource to the end. */
export const nodes = readsOf(
  "nodes",
  fc.record({
    parent: fc.constantFrom(0, 0, 0, 1),
    limit: fc.constantFrom(1, 1, 2, 2, 3, undefined),
  }),
  async (reading, { parent: nth, limit }) => {
    const parent = parentOf(reading, nth);
    let places: readonly Place[] | undefined;
    for (let link: string | undefined; ;) {
      const to = link;
      const { answer, states } = await reading.ask(({ watched }, asOf) => {
        const query = new URLSearchParams({
          parent_identifier: parent,
          ...(limit === undefined ? {} : { limit: String(limit) }),
          ...(asOf === undefined ? {} : { as_of: asOf }),
        });
        return watched.get(to ?? `/children?${query.toString()}`);
      });
      link = /<([^>]*)>;\s*rel="next"/.exec(answer.headers.get("link") ?? "")?.[1];
      const shown = answer.body as readonly JsonObject[];
      const answered: Json =
        answer.status === 200 ? { nodes: shown, more: link !== undefined } : answer.status;
      places ??= states.map((snapshot) => ({ snapshot, last: undefined }));
      const modelOf = (place: Place): Json => nodesAfter(reading, parent, limit, place);
      places = agreeing(places, modelOf, answered, answer.text);
      if (link === undefined) return;
      const last = String(shown.at(-1)?.["identifier"]);
      places = places.map(({ snapshot }) => ({ snapshot, last }));
      await reading.pause();
    }
  },
);

interface VersionsSpec {
  /** Position among the resources with the most versions. */
  readonly nth: number;
  /** Undefined: all versions at once. */
  readonly limit: number | undefined;
}

const versionsIn = (entries: readonly JsonObject[]): Json =>
  entries.map(({ transaction, ...row }) => ({
    row,
    transaction: (transaction as JsonObject)["id"] ?? null,
  }));

/** The versions after a number of them, in the model; 404 for a hidden resource. */
const versionsAfter = (
  { world, party }: Reading,
  identifier: string,
  { moments }: Snapshot,
  [first, limit]: readonly [number, number | undefined],
): Json => {
  const found = history(world.store, party.actor, identifier, moments);
  if (found === undefined) return 404;
  const page = found.slice(first, limit === undefined ? undefined : first + limit);
  const versions = page.map(({ row, deleted, moment }) => ({
    row: { ...row, is_deleted: deleted },
    transaction: world.store.moments[moment]?.transaction ?? 0,
  }));
  return { versions, more: first + page.length < found.length };
};

const versionsOf = ({ status, body }: Answer, limit: number | undefined): Json => {
  if (status !== 200) return status;
  if (limit === undefined) {
    return { versions: versionsIn(body as readonly JsonObject[]), more: false };
  }
  const { results = [], next_cursor: next = null } = body as JsonObject;
  return { versions: versionsIn(results as readonly JsonObject[]), more: next !== null };
};

/** Reads the versions of a resource, page by page or all at once. */
export const versions = readsOf(
  "versions",
  fc.record<VersionsSpec>({
    nth: fc.constantFrom(0, 0, 1, 2, 4, -1),
    limit: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined, freq: 4 }),
  }),
  async (reading, { nth, limit }) => {
    const identifier = changedMost(reading, nth);
    let states: readonly Snapshot[] | undefined;
    let cursor: Json = null;
    for (let first = 0; ; first += limit ?? 0) {
      const at: Json = cursor;
      const part: Part<Answer> = await reading.ask(({ watched }, asOf) =>
        watched.post("/resources/history", {
          identifier,
          ...(limit === undefined ? {} : { limit, cursor: at }),
          ...(asOf === undefined ? {} : { as_of: asOf }),
        }),
      );
      const { answer } = part;
      const modelOf = (snapshot: Snapshot): Json =>
        versionsAfter(reading, identifier, snapshot, [first, limit]);
      states = agreeing(states ?? part.states, modelOf, versionsOf(answer, limit), answer.text);
      cursor = (answer.body as JsonObject | null)?.["next_cursor"] ?? null;
      if (limit === undefined || cursor === null || answer.status !== 200) return;
      await reading.pause();
    }
  },
);

/** Reads the grants on all resources of a history. */
export const grants = readsOf("grants", fc.constant(null), async (reading) => {
  const { world, party } = reading;
  const { answer, states } = await reading.ask(({ watched }, asOf) =>
    watched.post("/resources/grants/read", {
      identifiers: [...world.pool],
      ...(asOf === undefined ? {} : { as_of: asOf }),
    }),
  );
  const shown = (entry: readonly string[]): string => entry.join(" ");
  const answered: Json =
    answer.status === 200
      ? (answer.body as readonly JsonObject[])
          .map(({ identifier, grantee_type: kind, grantee_id: id }) =>
            shown([String(identifier), `${String(kind)}:${String(id)}`]),
          )
          .toSorted()
      : answer.status;
  const modelOf = (snapshot: Snapshot): Json =>
    snapshot.grants
      .filter(([identifier]) => {
        const row = liveRow(world.store, party.actor, snapshot.state, identifier);
        if (row === undefined) return false;
        return party.actor.role === "admin" || row.owner === party.actor.id;
      })
      .map(shown)
      .toSorted();
  agreeing(states, modelOf, answered, answer.text);
});
