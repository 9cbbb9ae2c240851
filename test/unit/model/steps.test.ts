import fc from "fast-check";
import { expect, test } from "vitest";
import { TYPES } from "../../model/fields.ts";
import { commit, emptyStore, stateAt } from "../../model/store.ts";
import { querySpecs } from "../../model/queries.ts";
import { histories, poolOf, requestOf } from "../../model/steps.ts";
import type { Actor, Outcome, Store } from "../../model/types.ts";
import { perform } from "../../model/perform.ts";

const ADMIN: Actor = { id: "user:admin", role: "admin" };

const advance = (store: Store, outcome: Outcome): Store => {
  if (!outcome.ok || outcome.changed.length === 0) return store;
  const transaction = store.moments.length + 1;
  const instant = new Date(transaction * 1000).toISOString();
  return commit(store, ADMIN, outcome.state, { transaction, instant });
};

test("random histories reach every kind of outcome often enough to be meaningful", () => {
  const seen = new Map<string, number>();
  const note = (word: string): unknown => seen.set(word, (seen.get(word) ?? 0) + 1);
  for (const steps of fc.sample(histories(12), { numRuns: 200, seed: 7 })) {
    let store = emptyStore(TYPES);
    for (const step of steps) {
      const request = requestOf(store, poolOf("p/"), step);
      const outcome = perform(store, ADMIN, request);
      note(`${request.kind} ${outcome.ok}`);
      if (!outcome.ok) for (const fault of outcome.errors) note(fault.code);
      store = advance(store, outcome);
    }
    for (const row of stateAt(store).values()) note(row.deleted ? "tombstone" : "live");
    for (const moment of store.moments.slice(1)) note(moment.state.size > 0 ? "moment" : "empty");
  }
  const often = ["create true", "update true", "delete true", "tombstone", "live", "moment"];
  for (const word of often) expect(seen.get(word), word).toBeGreaterThan(150);
  const refusals = ["create false", "update false", "delete false"];
  const codes = ["not_found", "cycle", "already_exists", "tombstoned"];
  const errors = ["missing_reference", "invalid_value", "unknown_field", "unknown_payload_type"];
  const sometimes = [...refusals, ...codes, ...errors];
  for (const word of sometimes) expect(seen.get(word), word).toBeGreaterThan(5);
});

test("the state after a refused write is the state before it", () => {
  fc.assert(
    fc.property(histories(8), (steps) => {
      let store = emptyStore(TYPES);
      for (const step of steps) {
        const before = [...stateAt(store).values()];
        const outcome = perform(store, ADMIN, requestOf(store, poolOf("p/"), step));
        expect([...stateAt(store).values()]).toEqual(before);
        store = advance(store, outcome);
        const live = [...stateAt(store).values()].filter((row) => !row.deleted);
        expect(live.every((row) => row.version >= 1)).toBe(true);
      }
    }),
    { numRuns: 100 },
  );
});

test("random queries use everything that a query can contain often enough to be meaningful", () => {
  const queries = fc.sample(querySpecs, { numRuns: 300, seed: 7 });
  const members = queries.flatMap(({ body, ...spec }) =>
    Object.entries({ ...body, ...spec }).flatMap(([name, value]) =>
      value === undefined ? [] : [name],
    ),
  );
  const paging = ["limit", "moment", "parent", "among", "include_indirect_parents"];
  const rest = ["payload_type", "filters", "sort_by", "sort_order", "select_columns"];
  for (const name of [...paging, ...rest]) {
    expect(members.filter((each) => each === name).length, name).toBeGreaterThan(80);
  }
});
