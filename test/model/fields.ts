// Values for the fields of the payload types that the property tests register. The domains are
// small so that equal values, ties and matches are frequent.
import fc from "fast-check";
import type { Json, JsonObject } from "../../src/model/json.ts";
import type { FieldKind, TypeModel, Types } from "./types.ts";

/** One field of each kind. */
export const SPECIMEN: TypeModel = {
  label: { kind: "string", required: true },
  site: { kind: "string" },
  count: { kind: "integer" },
  ratio: { kind: "number" },
  fresh: { kind: "boolean" },
  collected_on: { kind: "date" },
  taken_at: { kind: "datetime" },
  tags: { kind: "list" },
  detail: { kind: "json" },
};

/** A second type, with fields of the same name and of others. */
const NOTE: TypeModel = {
  label: { kind: "string" },
  text: { kind: "string" },
  count: { kind: "integer" },
};

/** The payload types of the property tests, by the names under which they are registered. */
export const TYPES: Types = { model_specimen: SPECIMEN, model_note: NOTE };

const SCHEMAS: Readonly<Record<FieldKind, JsonObject>> = {
  string: { type: "string" },
  integer: { type: "integer" },
  number: { type: "number" },
  boolean: { type: "boolean" },
  date: { type: "string", format: "date" },
  datetime: { type: "string", format: "date-time" },
  list: { type: "array", items: { type: "string" } },
  json: { type: "object" },
};

/** The JSON Schema 2020-12 of a model type, for `PUT /schemas/{payload_type}`. */
export const jsonSchemaOf = (type: TypeModel): JsonObject => ({
  type: "object",
  properties: Object.fromEntries(
    Object.entries(type).map(([name, field]) => [name, SCHEMAS[field.kind]]),
  ),
  required: Object.entries(type).flatMap(([name, field]) =>
    field.required === true ? [name] : [],
  ),
});

/** Strings that differ in case, in code points, and in characters special to LIKE, JSON and SQL. */
export const TEXTS = [
  "",
  "a",
  "A",
  "ab",
  "aB",
  "a%b",
  "a_b",
  "a\\b",
  "o'clock",
  'say "x"',
  "ä",
  "Ä",
  "\u{1F600}",
  "\uFFFD",
  "2",
  "10",
  "null",
  "thorax, left lower lobe; follow-up after six weeks with contrast",
] as const;

const WORDS = ["red", "green", "blue", "a", "A"] as const;
const INTEGERS = [-5, -1, 0, 1, 2, 3, 10, 9007199254740991] as const;
const NUMBERS = [-1.5, 0, 0.1, 0.30000000000000004, 1, 2, 2.5, 1e300, 5e-324] as const;
const DATES = ["1969-12-31", "2024-02-29", "2026-01-01", "2026-11-24"] as const;
const INSTANTS = [
  "1970-01-01T00:00:00.000000Z",
  "2026-01-01T00:00:00.000000Z",
  "2026-01-01T00:00:00.000001Z",
  "2026-06-30T22:30:00.250000Z",
] as const;

const scalar = fc.constantFrom<Json>(...TEXTS.slice(0, 6), -1, 0, 2, 2.5, true, false, null);

const detail: fc.Arbitrary<Json> = fc.record(
  {
    a: scalar,
    b: fc.record({ c: scalar, d: scalar }, { requiredKeys: [] }),
    list: fc.array(fc.constantFrom<Json>(...WORDS), { maxLength: 3 }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Json>;

/** Values of a field, as the API renders them. */
export const VALUES: Readonly<Record<FieldKind, fc.Arbitrary<Json>>> = {
  string: fc.constantFrom<Json>(...TEXTS),
  integer: fc.constantFrom<Json>(...INTEGERS),
  number: fc.constantFrom<Json>(...NUMBERS),
  boolean: fc.boolean(),
  date: fc.constantFrom<Json>(...DATES),
  datetime: fc.constantFrom<Json>(...INSTANTS),
  list: fc.uniqueArray(fc.constantFrom<Json>(...WORDS), { maxLength: 3 }) as fc.Arbitrary<Json>,
  json: detail,
};

/** Values that a field of the kind must refuse. */
const WRONG: Readonly<Record<FieldKind, Json>> = {
  string: 5,
  integer: 1.5,
  number: "1",
  boolean: "true",
  date: "2026-02-30",
  datetime: "2026-01-01",
  list: [1],
  json: "text",
};

/** Payloads that a type accepts. */
export const payloadOf = (type: TypeModel): fc.Arbitrary<JsonObject> =>
  fc.record(
    Object.fromEntries(Object.entries(type).map(([name, field]) => [name, VALUES[field.kind]])),
    { requiredKeys: Object.keys(type).filter((name) => type[name]?.required === true) },
  ) as fc.Arbitrary<JsonObject>;

/** Changes of a payload: some fields set, some optional ones cleared with null. */
export const patchOf = (type: TypeModel): fc.Arbitrary<JsonObject> =>
  fc.record(
    Object.fromEntries(
      Object.entries(type).map(([name, field]) => [
        name,
        field.required === true
          ? VALUES[field.kind]
          : fc.oneof({ arbitrary: VALUES[field.kind], weight: 3 }, fc.constant<Json>(null)),
      ]),
    ),
    { requiredKeys: [] },
  ) as fc.Arbitrary<JsonObject>;

/** One field with a value of the wrong kind, or a field that the type does not have. */
export const faultOf = (type: TypeModel): fc.Arbitrary<JsonObject> =>
  fc
    .constantFrom(...Object.keys(type), "no_such_field")
    .map((name) => ({ [name]: WRONG[type[name]?.kind ?? "string"] }));
