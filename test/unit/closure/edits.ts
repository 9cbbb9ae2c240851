// Random histories of trees with datasources, and of the job that refreshes their rollups.
import fc from "fast-check";
import type { JsonObject } from "../../../src/model/json.ts";

/** How many resources a history can have. */
export const POOL = 16;

/** One call of the API, with positions in the pool instead of identifiers. */
export type Edit =
  | { readonly kind: "create"; readonly rows: readonly NewRow[] }
  | { readonly kind: "update"; readonly at: number; readonly members: JsonObject }
  | { readonly kind: "move"; readonly at: number; readonly to: number | null }
  | { readonly kind: "delete"; readonly at: number; readonly cascade: boolean }
  | { readonly kind: "restore"; readonly at: readonly number[] }
  | { readonly kind: "grant"; readonly at: number };

/** A resource to create. */
export interface NewRow {
  readonly at: number;
  readonly parent: number | null;
  readonly members: JsonObject;
}

/** A run of the job. */
export interface Run {
  /** Calls after which the run is stopped. */
  readonly calls: number;
  /** The approximate number of slices of a full refresh. */
  readonly slices: number;
  /** True: with a concurrent second run. */
  readonly twice: boolean;
  /** The call that fails, and when; 0 for none. */
  readonly fault: number;
  readonly when: "before" | "after";
}

/** One step of a history. */
export type Act =
  | { readonly kind: "edit"; readonly edit: Edit; readonly by: "admin" | "editor" }
  | { readonly kind: "run"; readonly run: Run }
  | { readonly kind: "forget" }
  | { readonly kind: "compare" };

// The first resources of the pool are parents of the others: trees get deep and wide, and move as a whole.
const INNER_LAST = 5;
const position = fc.oneof(fc.nat(INNER_LAST), fc.nat(POOL - 1));
const parent = fc.oneof(
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 5, arbitrary: fc.nat(INNER_LAST) },
  { weight: 3, arbitrary: position },
);

const access = fc.constantFrom("internal", "internal", "internal", "public", "restricted");

const typed = fc.oneof(
  fc.constant({ payload_type: "datasource", name: "source" }),
  fc.constant({ payload_type: "datasource", name: "source" }),
  fc.record({ payload_type: fc.constant("patient"), patient_sex: fc.constantFrom("M", "F") }),
  fc.record(
    {
      payload_type: fc.constant("study"),
      patient_age_years: fc.constantFrom(0, 9.5, 10, 44, 101),
      body_part_examined: fc.constantFrom("CHEST", "__proto__", ""),
    },
    { requiredKeys: ["payload_type"] },
  ),
  fc.record(
    {
      payload_type: fc.constant("image"),
      modality: fc.constantFrom("CT", "unknown", "été"),
      patient_age_years: fc.constantFrom(39.99, 40, 41),
      size_bytes: fc.constantFrom(0, 1, 2 ** 40 + 1),
    },
    { requiredKeys: ["payload_type"] },
  ),
);

const newRow: fc.Arbitrary<NewRow> = fc.record({
  at: position,
  parent,
  members: fc
    .tuple(typed, fc.record({ access_level: access, license: fc.constantFrom(null, "CC0-1.0") }))
    .map(([payload, metadata]) => ({ ...payload, ...metadata })),
});

const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("create" as const),
      rows: fc.uniqueArray(newRow, { minLength: 1, maxLength: 6, selector: ({ at }) => at }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("update" as const),
      at: position,
      members: fc.oneof(
        {
          weight: 4,
          arbitrary: fc.record({
            access_level: fc.constantFrom("internal", "restricted"),
          }) as fc.Arbitrary<JsonObject>,
        },
        {
          weight: 1,
          arbitrary: fc.record({
            license: fc.constantFrom("MIT", null),
          }) as fc.Arbitrary<JsonObject>,
        },
        {
          weight: 1,
          arbitrary: fc.record({
            patient_sex: fc.constantFrom("O", null),
          }) as fc.Arbitrary<JsonObject>,
        },
        {
          weight: 1,
          arbitrary: fc.record({
            size_bytes: fc.constantFrom(5, null),
          }) as fc.Arbitrary<JsonObject>,
        },
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("move" as const), at: position, to: parent }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("delete" as const),
      at: position,
      cascade: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("restore" as const),
      at: fc.uniqueArray(position, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("grant" as const), at: position }) },
);

/** Random runs of the job. */
export const runs: fc.Arbitrary<Run> = fc.record({
  calls: fc.oneof(
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 8 }) },
    { weight: 2, arbitrary: fc.constant(200) },
  ),
  slices: fc.integer({ min: 1, max: 6 }),
  twice: fc.boolean(),
  fault: fc.oneof(
    { weight: 2, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 8 }) },
  ),
  when: fc.constantFrom("before", "after"),
});

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("edit" as const),
      edit,
      by: fc.constantFrom("admin", "editor"),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("run" as const), run: runs }) },
  { weight: 1, arbitrary: fc.constant({ kind: "forget" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "compare" as const }) },
);

const planted: Act = {
  kind: "edit",
  by: "admin",
  edit: {
    kind: "create",
    rows: [null, null, 0, 2, 3, 2, 1, 6].map((above, at) => ({
      at,
      parent: above,
      members:
        above === null ? { payload_type: "datasource", name: "root" } : { payload_type: "patient" },
    })),
  },
};

/** A history: it starts with two datasources that are not empty. */
export const histories: fc.Arbitrary<readonly Act[]> = fc
  .array(act, { minLength: 4, maxLength: 16 })
  .map((acts) => [planted, ...acts]);
