// Values that a schema alone could not generate: existing identifiers, filters, times.
import fc from "fast-check";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import type { Hints } from "./json-schema.ts";
import { HOSTILE_TEXTS } from "./hostile.ts";

/** Payload types of the fuzzing world, and an unknown one. */
export const FUZZ_TYPES = ["calcium_score", "fuzz_note", "image", "patient", "nowhere"] as const;

const KNOWN = ["demo", "demo/image-1", "demo/image-2", "demo.P000001", "demo.P000001.S001"];

const identifier: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: fc.constantFrom(...KNOWN), weight: 6 },
  { arbitrary: fc.nat({ max: 9_999 }).map((number) => `fuzz/${number}`), weight: 5 },
  { arbitrary: fc.constantFrom(...HOSTILE_TEXTS), weight: 1 },
);

const maybe = (value: fc.Arbitrary<Json>): fc.Arbitrary<Json> => fc.option(value, { freq: 3 });

const FIELDS = ["modality", "rows", "patient_age_years", "finding_labels", "score", "payload.x"];
const COLUMNS = ["identifier", "created_at", "version", "license", "owner", "is_deleted"];
const field = fc.constantFrom(...FIELDS, ...COLUMNS, "nowhere");
const scalar = fc.constantFrom<Json>("CT", "a%", 512, 0.5, true, null, "2026-01-01T00:00:00Z");
const operator = fc.constantFrom(
  ..."eq ne lt lte gt gte in nin between like ilike regex exists contains".split(" "),
  ..."contains_any contains_all starts_with equals".split(" "),
);
const operand = fc.oneof(
  { arbitrary: scalar, weight: 3 },
  { arbitrary: fc.array(scalar, { maxLength: 3 }) as fc.Arbitrary<Json>, weight: 2 },
  { arbitrary: fc.constantFrom(...HOSTILE_TEXTS) as fc.Arbitrary<Json>, weight: 1 },
);

const { filter } = fc.letrec<{ filter: Json; leaf: Json }>((tie) => ({
  leaf: fc.oneof(
    fc.dictionary(field, scalar, { maxKeys: 2 }) as fc.Arbitrary<Json>,
    fc.dictionary(field, fc.dictionary(operator, operand, { minKeys: 1, maxKeys: 2 }), {
      maxKeys: 2,
    }) as fc.Arbitrary<Json>,
  ),
  filter: fc.oneof(
    { maxDepth: 3 },
    tie("leaf"),
    fc.record({ not: tie("filter") }) as fc.Arbitrary<Json>,
    fc.record({ and: fc.array(tie("filter"), { maxLength: 3 }) }) as fc.Arbitrary<Json>,
    fc.record({ or: fc.array(tie("filter"), { maxLength: 3 }) }) as fc.Arbitrary<Json>,
  ),
}));

const INSTANTS = [
  "2026-01-01T00:00:00Z",
  "2020-02-29T23:59:59.999999+14:00",
  "1970-01-01T00:00:00Z",
  "0001-01-01T00:00:00Z",
  "9999-12-31T23:59:59Z",
  "2026-01-01T00:00:00",
  "2026-13-01T00:00:00Z",
  "yesterday",
] as const;

const instant = fc.constantFrom<Json>(...INSTANTS);

const property = fc.constantFrom<Json>(
  { type: "string" },
  { type: "integer", minimum: 0 },
  { type: ["number", "null"] },
  { type: "array", items: { type: "string" } },
  { type: "object" },
  { type: "string", format: "date-time" },
  { type: "string", pattern: "^(a+)+$" },
  { $ref: "#" },
  { $ref: "#/$defs/nowhere" },
  { anyOf: [{ type: "string" }, { type: "integer" }] },
  true,
  {},
);

const jsonSchema = fc.record({
  type: fc.constant("object"),
  properties: fc.dictionary(fc.constantFrom("score", "note", "when", "tags"), property),
}) as fc.Arbitrary<Json>;

const patch = fc.dictionary(
  fc.constantFrom("modality", "rows", "license", "parent_identifier", "is_deleted", "derived_from"),
  fc.oneof(scalar, identifier as fc.Arbitrary<Json>, fc.constant<Json>([])),
  { maxKeys: 3 },
) as fc.Arbitrary<Json>;

/** Hints for the members of the catalogue's bodies. */
export const FUZZ_HINTS: Hints = {
  identifier,
  parent_identifier: maybe(identifier),
  derived_from: fc.array(identifier, { maxLength: 2 }),
  identifiers: fc.array(identifier, { maxLength: 5 }),
  datasource_id: fc.oneof(fc.constant("demo"), identifier),
  patient_identifier: fc.oneof(fc.constant("demo.P000001"), identifier),
  payload_type: fc.constantFrom<Json>(...FUZZ_TYPES, null, ["image", "patient"], []),
  payload: fc.constantFrom<Json>({}, { patient_sex: "F" }, { study_date: "2026-01-01" }, { x: 1 }),
  filters: filter,
  sort_by: fc.oneof(field, fc.constant("")) as fc.Arbitrary<Json>,
  select_columns: fc.array(field, { maxLength: 4 }),
  cursor: maybe(fc.constantFrom(...HOSTILE_TEXTS)),
  as_of: maybe(instant),
  from: fc.oneof(fc.integer({ min: 0, max: 3 }), instant),
  to: fc.oneof(fc.integer({ min: 0, max: 3 }), instant),
  version: fc.tuple(fc.nat(3), fc.nat(9)).map(([major, minor]) => `${major}.${minor}.0`),
  json_schema: jsonSchema,
  indexes: fc.array(fc.constantFrom("score", "note", "nowhere"), { maxLength: 2 }),
  defaults: fc.constantFrom<Json>({}, { score: 1 }, { note: null }, { nowhere: 1 }),
  updates: fc.dictionary(identifier, patch, { maxKeys: 3 }),
  username: fc.constantFrom("admin@example.org", "nobody@example.org", ""),
};

/** Strings for query parameters, by name; others get any string. */
export const PARAMETER_TEXTS: Readonly<Record<string, readonly string[]>> = {
  as_of: [...INSTANTS, "", "2026-01-01T00:00:00+00:00", "1767225600"],
  version: ["1.0.0", "9.9.9", "1", "v1.0.0", ""],
  after: [
    "0",
    "1",
    "1.1",
    "999999999999999",
    "9999999999999999",
    "-1",
    "1.",
    ".1",
    "1e3",
    "\u0661",
  ],
  limit: ["1", "10000", "10001", "0", "-1", "1.5", "1e999", "NaN", "0x10", " 5", "", "five"],
  // Nothing between 1 and 30: it would make the test wait.
  wait: ["0", "", "-1", "31", "0.5", "1e999", "NaN", "soon", "-0"],
  or_resolve: ["true", "false", "TRUE", "1", ""],
  id: ["1", "2", "0", "01", "-1", "1.5", "999999999999999", "9999999999999999", "1e3", "x"],
  payload_type: [...FUZZ_TYPES, "Image", "image ", "__proto__", "constructor", "grant", "_x"],
};

/** The world that fuzzing starts from, as requests in order. */
export const WORLD: readonly (readonly [method: string, path: string, body: JsonObject])[] = [
  [
    "PUT",
    "/schemas/fuzz_note",
    {
      version: "1.0.0",
      json_schema: { type: "object", properties: { score: { type: "integer" }, note: {} } },
      indexes: ["score"],
      strict: false,
    },
  ],
];
