// `GET /changes`, page by page from the start of a history.
import fc from "fast-check";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { grantIdentifier } from "../../../src/store/write/grant-identifier.ts";
import type { GranteeType } from "../../../src/model/transaction.ts";
import { visible } from "../store.ts";
import type { Grant, Store } from "../types.ts";
import { agreeing, readsOf, type Reading } from "./reading.ts";
import type { Snapshot } from "./world.ts";

/** A change in the feed, and the moment that made it. */
interface Entry {
  readonly moment: number;
  readonly shown: JsonObject;
  /** A grant is visible to its creator; only admins create grants here. */
  readonly isGrant: boolean;
}

const operationOf = (version: number, deleted: boolean): string =>
  version === 1 ? "create" : deleted ? "delete" : "update";

const entryOf = (
  store: Store,
  moment: number,
  change: {
    readonly identifier: string;
    readonly type: string;
    readonly version: number;
    readonly deleted: boolean;
  },
): Entry => ({
  moment,
  isGrant: change.type === "grant",
  shown: {
    transaction: store.moments[moment]?.transaction ?? 0,
    instant: store.moments[moment]?.instant ?? "",
    identifier: change.identifier,
    payload_type: change.type,
    version: change.version,
    operation: operationOf(change.version, change.deleted),
  },
});

const textOf = (grant: Grant): string => grant.join(" ");

const identifierOf = ([identifier, actor]: Grant): string => {
  const [granteeType = "", granteeId = ""] = actor.split(":");
  return grantIdentifier({ identifier, granteeType: granteeType as GranteeType, granteeId });
};

/** Grants that a moment created or removed. */
const grantsChanged = (store: Store, moment: number): readonly (readonly [Grant, boolean])[] => {
  const before = store.moments[moment - 1]?.grants ?? [];
  const after = store.moments[moment]?.grants ?? [];
  const [old, now] = [new Set(before.map(textOf)), new Set(after.map(textOf))];
  return [
    ...after.flatMap((grant) => (old.has(textOf(grant)) ? [] : [[grant, false] as const])),
    ...before.flatMap((grant) => (now.has(textOf(grant)) ? [] : [[grant, true] as const])),
  ];
};

/** All changes of a history, in the order of the feed. */
const entriesOf = (store: Store): readonly Entry[] => {
  const versions = new Map<string, number>();
  return store.moments.flatMap(({ state }, moment) => {
    const rows = [...state.values()]
      .filter(({ written }) => written === moment)
      .toSorted((left, right) => left.order - right.order)
      .map((row) => ({ ...row, type: row.payloadType }));
    const granted = grantsChanged(store, moment).map(([grant, deleted]) => {
      const identifier = identifierOf(grant);
      const version = (versions.get(identifier) ?? 0) + 1;
      versions.set(identifier, version);
      return { identifier, type: "grant", version, deleted };
    });
    return [...rows, ...granted].map((change) => entryOf(store, moment, change));
  });
};

interface Place {
  readonly snapshot: Snapshot;
  /** The number of entries before this position. */
  readonly passed: number;
}

/** The page of a state after a position, and the position after the page. */
const pageAfter = (
  { world, party }: Reading,
  limit: number,
  { snapshot, passed }: Place,
): { readonly page: Json; readonly passed: number } => {
  const all = entriesOf(world.store).filter(({ moment }) => moment < snapshot.moments);
  const seen = all
    .map((entry, at) => ({ ...entry, at }))
    .slice(passed)
    .filter(({ isGrant, shown }) =>
      isGrant
        ? party.actor.role === "admin"
        : visible(world.store, party.actor, String(shown["identifier"])),
    )
    .slice(0, limit);
  const more = seen.length === limit;
  return {
    page: { changes: seen.map(({ shown }) => shown), more },
    passed: more ? (seen.at(-1)?.at ?? 0) + 1 : Math.max(passed, all.length),
  };
};

/** Follows the feed to the end of a state, or until others stop writing. */
export const feed = readsOf("feed", fc.integer({ min: 1, max: 4 }), async (reading, limit) => {
  const { world } = reading;
  let after = String((world.store.moments[0]?.transaction ?? 1) - 1);
  let passed: readonly number[] = [0];
  for (;;) {
    let isPast = false;
    const place = after;
    const { answer, states } = await reading.ask(({ watched }, asOf) => {
      isPast = asOf !== undefined;
      const query = new URLSearchParams({
        after: place,
        limit: String(limit),
        ...(asOf === undefined ? {} : { as_of: asOf }),
      });
      return watched.get(`/changes?${query.toString()}`);
    });
    const { next = "", ...page } = (answer.body ?? {}) as JsonObject;
    const places = passed.flatMap((at) => states.map((snapshot) => ({ snapshot, passed: at })));
    const modelOf = (each: Place): Json => pageAfter(reading, limit, each).page;
    const good = agreeing(places, modelOf, page, answer.text);
    passed = [...new Set(good.map((each) => pageAfter(reading, limit, each).passed))];
    after = String(next);
    const goesOn = await reading.pause();
    if (page["more"] !== true && (isPast || !goesOn)) return;
  }
});
