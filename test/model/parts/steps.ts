// Random writes of a history, as data: numbers choose among the existing resources, so that a step stays
// meaningful while a failing history is shrunk.
import fc from "fast-check";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { patchOf, payloadOf } from "../fields.ts";
import { pick, type Element, type Step } from "../steps.ts";
import { PART_TYPES } from "./world.ts";

/** One write of a history. */
export type WorldStep =
  | { readonly kind: "write"; readonly step: Step; readonly by: "admin" | "owner" }
  | { readonly kind: "grant"; readonly nth: number; readonly to: "grantee" | "key" }
  | { readonly kind: "revoke"; readonly nth: number }
  /** Deletes a resource that has a grant, or restores it. */
  | { readonly kind: "toggle"; readonly nth: number }
  | { readonly kind: "attach"; readonly parent: number; readonly child: number }
  | { readonly kind: "detach"; readonly nth: number };

type Parent = Element["parent"];

const NAMES = Object.keys(PART_TYPES);
const LICENSES = fc.constantFrom<Json>(null, "CC0-1.0", "MIT");
const LEVELS = fc.constantFrom<Json>("internal", "public", "public", "restricted");
const SOURCES = fc.array(pick({ live: 6, later: 1, dead: 1 }), { maxLength: 2 });
const STAY = fc.constant<Parent>(undefined);
const MOVE = fc.option(pick({ live: 6, later: 1 }), { nil: null, freq: 3 });
const CLAIM = fc.constant("none" as const);

const merged = (...parts: readonly fc.Arbitrary<JsonObject>[]): fc.Arbitrary<JsonObject> =>
  fc.tuple(...parts).map((all) => Object.assign({}, ...all) as JsonObject);

const sources = fc.option(SOURCES, { nil: undefined, freq: 3 });
const licensed = fc.record({ license: LICENSES }, { requiredKeys: [] });
const levelled = merged(licensed, fc.record({ access_level: LEVELS }, { requiredKeys: [] }));

const made = (
  metadata: fc.Arbitrary<JsonObject>,
  parent: fc.Arbitrary<Parent> = MOVE,
): fc.Arbitrary<Element> =>
  fc.constantFrom(...NAMES).chain((type) =>
    fc.record<Element>({
      target: pick({ free: 1 }),
      type: fc.constant(type),
      members: merged(payloadOf(PART_TYPES[type] ?? {}), metadata).map((own) => ({ [type]: own })),
      claim: CLAIM,
      parent,
      sources,
    }),
  );

const edited = (
  target: Element["target"] | fc.Arbitrary<Element["target"]>,
  metadata: fc.Arbitrary<JsonObject>,
  parent: fc.Arbitrary<Parent>,
): fc.Arbitrary<Element> =>
  fc.record<Element>({
    target: target as fc.Arbitrary<Element["target"]>,
    type: fc.constant(""),
    members: fc.record(
      Object.fromEntries(
        NAMES.map((type) => [type, merged(patchOf(PART_TYPES[type] ?? {}), metadata)]),
      ),
    ),
    claim: CLAIM,
    parent,
    sources,
  });

const some = <T>(element: fc.Arbitrary<T>, most: number): fc.Arbitrary<T[]> =>
  fc.array(element, { minLength: 1, maxLength: most });

const creations = (metadata: fc.Arbitrary<JsonObject>): fc.Arbitrary<Step> =>
  fc.record({ kind: fc.constant("create" as const), elements: some(made(metadata), 3) });

const changes = (element: fc.Arbitrary<Element>): fc.Arbitrary<Step> =>
  fc.record({ kind: fc.constant("update" as const), elements: some(element, 4) });

const restored = merged(licensed, fc.constant<JsonObject>({ is_deleted: false }));

const weighted = <T>(
  ...choices: readonly (readonly [number, fc.Arbitrary<T>])[]
): fc.Arbitrary<T> => fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));

const deletions: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant("delete" as const),
  targets: some(pick({ live: 1 }), 2),
  cascade: weighted([3, fc.constant(false)], [1, fc.constant(true)]),
});

const nth = fc.nat({ max: 12 });

const byAdmin = (step: fc.Arbitrary<Step>): fc.Arbitrary<WorldStep> =>
  step.map((each) => ({ kind: "write", step: each, by: "admin" }));

const links: fc.Arbitrary<WorldStep> = weighted<WorldStep>(
  [3, fc.record({ kind: fc.constant("attach" as const), parent: nth, child: nth })],
  [1, fc.record({ kind: fc.constant("detach" as const), nth })],
);

/** Writes that do not change the visibility of existing resources. */
export const plainSteps: fc.Arbitrary<WorldStep> = weighted(
  [3, byAdmin(creations(licensed))],
  [6, byAdmin(changes(edited(pick({ live: 1 }), licensed, STAY)))],
  [2, byAdmin(changes(edited(pick({ dead: 1 }), restored, STAY)))],
  [2, byAdmin(deletions)],
  [2, links],
);

const access: fc.Arbitrary<WorldStep> = weighted<WorldStep>(
  [4, byAdmin(changes(edited(pick({ live: 1 }), levelled, STAY)))],
  [2, byAdmin(changes(edited(pick({ live: 1 }), levelled, MOVE)))],
  [
    3,
    fc.record({
      kind: fc.constant("grant" as const),
      nth,
      to: fc.constantFrom("grantee" as const, "grantee" as const, "key" as const),
    }),
  ],
  [1, fc.record({ kind: fc.constant("revoke" as const), nth })],
  [2, fc.record({ kind: fc.constant("toggle" as const), nth })],
);

const byOwner: fc.Arbitrary<WorldStep> = weighted<Step>(
  [1, creations(levelled)],
  [2, changes(edited(pick({ live: 1 }), levelled, STAY))],
).map((step) => ({ kind: "write", step, by: "owner" }));

/** Any writes. */
export const anySteps: fc.Arbitrary<WorldStep> = weighted(
  [4, plainSteps],
  [3, access],
  [1, byOwner],
);

const OPEN_LEVELS: readonly Json[] = ["internal", "internal", "public", "public", "public"];

/** Access levels of the first resources, of which few are restricted. */
const mostlyOpen = merged(
  licensed,
  fc.record({ access_level: fc.constantFrom(...OPEN_LEVELS, "restricted") }),
);

const founded = (parent: fc.Arbitrary<Parent>, least: number, most: number): fc.Arbitrary<Step> =>
  fc.record({
    kind: fc.constant("create" as const),
    elements: fc.array(made(mostlyOpen, parent), {
      minLength: least,
      maxLength: most,
      size: "max",
    }),
  });

/** Parents: one with many children, and others. */
const PLACES = weighted<Parent>(
  [9, fc.constant({ want: "live", nth: 0 })],
  [1, fc.constant({ want: "live", nth: 1 })],
  [1, pick({ later: 1 })],
  [1, fc.constant(null)],
);

/** The first writes of a history. */
export const openings: fc.Arbitrary<readonly WorldStep[]> = fc
  .tuple(
    founded(fc.constant(null), 2, 2),
    founded(PLACES, 9, 14),
    fc.constantFrom("admin" as const, "owner" as const),
    fc.array(anySteps, { maxLength: 7, size: "max" }),
  )
  .map(([heads, families, by, rest]) => [
    { kind: "write", step: heads, by: "admin" },
    { kind: "write", step: families, by },
    ...rest,
  ]);
