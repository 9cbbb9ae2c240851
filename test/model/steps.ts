// Random histories: steps select resources by state (free, live, a tombstone), not by identifier, so that
// a step stays meaningful while a failing history is shrunk.
import fc from "fast-check";
import type { Json, JsonObject } from "../../src/model/json.ts";
import { faultOf, patchOf, payloadOf, TYPES } from "./fields.ts";
import { stateAt } from "./store.ts";
import type { CreateElement, Row, Store } from "./types.ts";

/**
 * `free`, `live` and `dead` are states before the step; `peer` is another element of the same request, and
 * `later` one after the element itself (so that chains end).
 */
type Want = "free" | "live" | "dead" | "unknown" | "peer" | "later";

/** A resource by its state; `nth` chooses among the resources in that state. */
export interface Pick {
  readonly want: Want;
  readonly nth: number;
}

/** One resource of a write. */
export interface Element {
  readonly target: Pick;
  /** Payload type of a new resource. */
  readonly type: string;
  /** Payload fields and scalar metadata, for each payload type that the target may have. */
  readonly members: Readonly<Record<string, JsonObject>>;
  /** The payload type in an update: absent, the right one, or another one. */
  readonly claim: Claim;
  readonly parent: Pick | null | undefined;
  readonly sources: readonly Pick[] | undefined;
}

type Claim = "none" | "true" | "false";

/** One write of a history. */
export type Step =
  | { readonly kind: "create"; readonly elements: readonly Element[] }
  | { readonly kind: "update"; readonly elements: readonly Element[] }
  | { readonly kind: "delete"; readonly targets: readonly Pick[]; readonly cascade: boolean };

/** A step with the identifiers of one history: the body of its request. */
export type Request =
  | { readonly kind: "create"; readonly resources: readonly CreateElement[] }
  | { readonly kind: "update"; readonly updates: Readonly<Record<string, JsonObject>> }
  | { readonly kind: "delete"; readonly identifiers: readonly string[]; readonly cascade: boolean };

const SUFFIXES = [
  "a",
  "b/c",
  "ü",
  "q'\"",
  "%_",
  "\\",
  "\u{1F9E0}",
  "A",
  "10",
  "2",
  "x",
  "y",
  "z",
] as const;

/** The identifiers of one history: its prefix with difficult suffixes. */
export const poolOf = (prefix: string): readonly string[] =>
  SUFFIXES.map((suffix) => `${prefix}${suffix}`);

type Weights = Readonly<Partial<Record<Want, number>>>;

/** Picks by the wanted state, with a weight for each. */
export const pick = (weights: Weights): fc.Arbitrary<Pick> =>
  fc.record({
    want: fc.oneof(
      ...Object.entries(weights).map(([want, weight]) => ({
        arbitrary: fc.constant(want as Want),
        weight,
      })),
    ),
    nth: fc.nat({ max: 9 }),
  });

const PARENTS = fc.oneof(
  { arbitrary: fc.constant(null), weight: 3 },
  { arbitrary: pick({ live: 40, later: 14, peer: 1, dead: 1, unknown: 1 }), weight: 5 },
);
const SOURCES = fc.array(pick({ live: 40, later: 8, peer: 1, dead: 12, unknown: 1 }), {
  maxLength: 2,
});
const LICENSES = fc.constantFrom<Json>(null, "CC0-1.0", "CC-BY-4.0", "ask the owner");
const LEVELS = fc.constantFrom<Json>("internal", "internal", "public", "restricted");

const rarely = <T>(usual: fc.Arbitrary<T>, seldom: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: usual, weight: 40 }, { arbitrary: seldom, weight: 1 });

const merged = (...parts: readonly fc.Arbitrary<JsonObject>[]): fc.Arbitrary<JsonObject> =>
  fc.tuple(...parts).map((all) => Object.assign({}, ...all) as JsonObject);

const metadata = fc.record({ license: LICENSES, access_level: LEVELS }, { requiredKeys: [] });

const membersOf = (
  payload: typeof payloadOf | typeof patchOf,
  type: string,
): fc.Arbitrary<JsonObject> => {
  const fields = TYPES[type] ?? {};
  const good = merged(payload(fields), metadata);
  return rarely(good, merged(good, faultOf(fields)));
};

const typeNames = fc.constantFrom(...Object.keys(TYPES));

const claims: fc.Arbitrary<Claim> = fc.oneof(
  { arbitrary: fc.constant("none" as const), weight: 40 },
  { arbitrary: fc.constant("true" as const), weight: 8 },
  { arbitrary: fc.constant("false" as const), weight: 2 },
);

const createElement: fc.Arbitrary<Element> = typeNames.chain((type) =>
  fc.record({
    target: pick({ free: 60, live: 1, dead: 4, peer: 1 }),
    type: rarely(fc.constant(type), fc.constant("no_such_type")),
    members: membersOf(payloadOf, type).map((members) => ({ [type]: members })),
    claim: fc.constant("none" as const),
    parent: fc.option(PARENTS, { nil: undefined, freq: 6 }),
    sources: fc.option(SOURCES, { nil: undefined, freq: 2 }),
  }),
);

const inState: fc.Arbitrary<JsonObject> = fc.oneof(
  { arbitrary: fc.constant({}), weight: 8 },
  { arbitrary: fc.constant({ is_deleted: true }), weight: 1 },
  { arbitrary: fc.constant({ is_deleted: false }), weight: 1 },
);

const editsOf = (target: Pick, type: string): fc.Arbitrary<JsonObject> =>
  merged(
    fc.oneof({ arbitrary: membersOf(patchOf, type), weight: 4 }, fc.constant({})),
    target.want === "dead" ? rarely(fc.constant({ is_deleted: false }), inState) : inState,
  );

const updateElement: fc.Arbitrary<Element> = pick({ live: 50, dead: 15, unknown: 1 }).chain(
  (target) =>
    fc.record({
      target: fc.constant(target),
      type: fc.constant(""),
      members: fc.record(
        Object.fromEntries(Object.keys(TYPES).map((type) => [type, editsOf(target, type)])),
      ),
      claim: claims,
      parent: fc.option(PARENTS, { nil: undefined, freq: 2 }),
      sources: fc.option(SOURCES, { nil: undefined, freq: 2 }),
    }),
);

const batch = <T>(element: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.oneof(
    { arbitrary: fc.array(element, { minLength: 1, maxLength: 1 }), weight: 2 },
    { arbitrary: fc.array(element, { maxLength: 5 }), weight: 3 },
  );

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    arbitrary: fc.record({ kind: fc.constant("create" as const), elements: batch(createElement) }),
    weight: 4,
  },
  {
    arbitrary: fc.record({ kind: fc.constant("update" as const), elements: batch(updateElement) }),
    weight: 5,
  },
  {
    arbitrary: fc.record({
      kind: fc.constant("delete" as const),
      targets: fc.array(pick({ live: 40, dead: 1, unknown: 1, peer: 4 }), { maxLength: 3 }),
      cascade: fc.boolean(),
    }),
    weight: 2,
  },
);

const opening: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant("create" as const),
  elements: fc.array(createElement, { minLength: 3, maxLength: 6 }),
});

/** A history: a batch of creations, then any writes. */
export const histories = (stepsMax: number): fc.Arbitrary<readonly Step[]> =>
  fc
    .tuple(opening, fc.array(steps, { minLength: 3, maxLength: stepsMax, size: "max" }))
    .map(([first, rest]) => [first, ...rest]);

/** The identifier of a pick, for the element at a position of the request; undefined when there is none. */
type Choose = (choice: Pick, at: number) => string | undefined;

const chooser = (store: Store, pool: readonly string[], peers: readonly string[]): Choose => {
  const state = stateAt(store);
  const having = (want: Want, at: number): readonly string[] => {
    if (want === "peer") return peers;
    if (want === "later") return peers.slice(at + 1);
    if (want === "free") return pool.filter((id) => !state.has(id) && !peers.includes(id));
    return pool.filter((id) => state.get(id)?.deleted === (want === "dead"));
  };
  return ({ want, nth }, at) => {
    if (want === "unknown") return `${pool[0]}-unknown-${nth}`;
    const candidates = having(want, at);
    return candidates[nth % candidates.length];
  };
};

const referencesOf = (element: Element, at: number, choose: Choose): JsonObject => {
  const parent =
    element.parent === null || element.parent === undefined
      ? element.parent
      : choose(element.parent, at);
  const sources = element.sources?.flatMap((source) => choose(source, at) ?? []);
  return {
    ...(parent === undefined ? {} : { parent_identifier: parent }),
    ...(sources === undefined ? {} : { derived_from: [...new Set(sources)] }),
  };
};

const claimOf = ({ claim }: Element, row: Row | undefined): JsonObject => {
  if (claim === "none") return {};
  return { payload_type: claim === "true" ? (row?.payloadType ?? "model_note") : "dataset" };
};

const namesOf = (step: Step, store: Store, pool: readonly string[]): readonly string[] => {
  const peers: string[] = [];
  const choose = chooser(store, pool, peers);
  const targets = step.kind === "delete" ? step.targets : step.elements.map((one) => one.target);
  for (const [at, target] of targets.entries()) {
    const fallback: Pick = { want: "live", nth: target.nth };
    const name = choose(target, at) ?? choose(fallback, at) ?? pool[target.nth];
    peers.push(name as string);
  }
  return peers;
};

/** Fills in the identifiers of a step by the present states of the resources. */
export const requestOf = (store: Store, pool: readonly string[], step: Step): Request => {
  const names = namesOf(step, store, pool);
  if (step.kind === "delete") return { kind: "delete", identifiers: names, cascade: step.cascade };
  const choose = chooser(store, pool, names);
  const named = step.elements.map((element, at) => ({
    identifier: names[at] as string,
    element,
    references: referencesOf(element, at, choose),
  }));
  if (step.kind === "create") {
    const resources = named.map(({ identifier, element, references }) => ({
      ...Object.values(element.members)[0],
      ...references,
      identifier,
      payload_type: element.type,
    }));
    return { kind: "create", resources };
  }
  const state = stateAt(store);
  const edits = named.map(({ identifier, element, references }) => {
    const row = state.get(identifier);
    const members = element.members[row?.payloadType ?? "model_note"];
    return [identifier, { ...members, ...claimOf(element, row), ...references }];
  });
  return { kind: "update", updates: Object.fromEntries(edits) as Record<string, JsonObject> };
};
