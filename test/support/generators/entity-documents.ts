// Random documents of the entity `scan`.
import fc from "fast-check";
import type { Json, JsonObject } from "../../../src/model/json.ts";

/** Parts of documents and of queries. */
export const text = fc.constantFrom(
  "",
  "a",
  "A",
  "b",
  "ab",
  "é",
  "P-07",
  "high",
  "K i m",
  "𝒳",
  "0",
);
/** Parts of documents and of queries. */
export const whole = fc.oneof(
  fc.integer({ min: -3, max: 5 }),
  fc.constantFrom(64, 120, -(2 ** 31)),
);
/** Parts of documents and of queries. */
export const real = fc.oneof(whole, fc.constantFrom(0.5, 1.25, -2.75, 1e-3));
/** Parts of documents and of queries. */
export const date = fc.constantFrom(
  "20240310T08:30:00.000+0000",
  "20240310T10:30:00.000+0200",
  "20250101T00:00:00.001-0500",
);
/** Parts of documents and of queries. */
export const orNull = <T extends Json>(one: fc.Arbitrary<T>): fc.Arbitrary<Json> =>
  fc.oneof({ weight: 9, arbitrary: one }, { weight: 1, arbitrary: fc.constant(null) });
/** Parts of documents and of queries. */
export const some = (one: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc.array(one, { maxLength: 4 });

/** Parts of documents and of queries. */
export const record = (
  fields: Readonly<Record<string, fc.Arbitrary<Json>>>,
): fc.Arbitrary<JsonObject> =>
  fc.record(fields, {
    requiredKeys: [],
    noNullPrototype: true,
  }) as fc.Arbitrary<JsonObject>;

const file = record({ path: text, bytes: whole });
/** Parts of documents and of queries. */
export const series = record({ uid: text, kv: whole, label: text, files: some(file) });

/** Documents without an `_id`. */
export const documents: fc.Arbitrary<JsonObject> = record({
  subject: orNull(text),
  operator: text,
  notes: text,
  modality: fc.constantFrom("CT", "MR", "US"),
  slices: orNull(whole),
  minSlices: whole,
  dose: real,
  approved: fc.boolean(),
  acquired: date,
  exact: fc.constantFrom<Json>("1.50", "1.5", 2, "007", "-0.0"),
  tags: some(orNull(text)),
  oldTags: some(text),
  scores: some(whole),
  prevScores: some(whole),
  site: orNull(record({ name: text, city: text, geo: record({ lat: real }) })),
  series: some(series),
});
