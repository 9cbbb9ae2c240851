// Random updates of the entity `scan`: some do not fit some documents.
import fc from "fast-check";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { orNull, real, record, series, some, text, whole } from "./entity-documents.ts";
import { op, trees } from "./entity-queries.ts";

const textValue = fc.oneof<fc.Arbitrary<Json>[]>(
  text,
  fc.constant(null),
  fc
    .constantFrom("subject", "site.city", "tags.0", "series.0.label")
    .map((path) => ({ $valueof: path })),
);
const wholeValue = fc.oneof<fc.Arbitrary<Json>[]>(
  whole,
  whole.map(String),
  fc.constant("$null"),
  fc.constantFrom("slices", "scores.0", "tags#").map((path) => ({ $valueof: path })),
);

const one = (
  name: string,
  path: fc.Arbitrary<string>,
  value: fc.Arbitrary<Json>,
): fc.Arbitrary<JsonObject> =>
  fc.tuple(path, value).map(([at, each]) => ({ [name]: { [at]: each } }));

const selection = fc.oneof<fc.Arbitrary<Json>[]>(fc.constant("$all"), trees("series", 1));

const elementUpdates: fc.Arbitrary<Json> = fc.oneof<fc.Arbitrary<Json>[]>(
  fc.constant("$remove"),
  one(
    "$set",
    fc.constantFrom("label", "uid", "$this.label", "files.0.path"),
    fc.oneof(
      text,
      fc.constant("$parent.subject").map((path): Json => ({ $valueof: path })),
    ),
  ),
  one("$add", fc.constant("kv"), real),
  fc.constant({ $unset: "files.0" }),
  fc.record({
    $foreach: fc.record({
      files: fc.oneof<fc.Arbitrary<Json>[]>(fc.constant("$all"), trees("files", 1)),
      $update: fc.oneof<fc.Arbitrary<Json>[]>(
        fc.constant("$remove"),
        one("$add", fc.constant("bytes"), whole),
      ),
    }),
  }),
);

const steps: fc.Arbitrary<JsonObject> = fc.oneof(
  one(
    "$set",
    fc.constantFrom(
      "subject",
      "notes",
      "site.city",
      "tags.0",
      "tags.-1",
      "tags.3",
      "series.0.label",
    ),
    textValue,
  ),
  one("$set", fc.constantFrom("slices", "minSlices", "scores.1", "series.1.kv"), wholeValue),
  one("$set", fc.constant("site"), orNull(record({ name: text, geo: record({ lat: real }) }))),
  one("$set", fc.constant("tags"), some(text)),
  one("$set", fc.constant("series"), some(series)),
  fc
    .array(
      fc.constantFrom(
        "subject",
        "site",
        "site.geo.lat",
        "tags.0",
        "tags.-1",
        "series.0",
        "scores",
        "series.1.files.0",
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map((paths) => ({ $unset: paths })),
  one(
    "$add",
    fc.constantFrom("slices", "dose", "scores.0"),
    fc.oneof<fc.Arbitrary<Json>[]>(whole, real, fc.constant({ $valueof: "minSlices" })),
  ),
  one(
    "$append",
    fc.constantFrom("tags", "oldTags"),
    fc.oneof<fc.Arbitrary<Json>[]>(text, some(orNull(text))),
  ),
  one("$append", fc.constant("series"), fc.oneof<fc.Arbitrary<Json>[]>(series, some(series))),
  one(
    "$insert",
    fc.constantFrom("tags.0", "tags.2", "tags.-1", "oldTags.1"),
    fc.oneof<fc.Arbitrary<Json>[]>(text, some(text)),
  ),
  fc.record({
    $foreach: fc.record({
      series: selection,
      $update: fc.oneof(
        elementUpdates,
        fc.array(
          elementUpdates.filter((each) => each !== "$remove"),
          { minLength: 1, maxLength: 2 },
        ) as fc.Arbitrary<Json>,
      ),
    }),
  }),
  fc.record({
    $foreach: fc.record({
      scores: fc.record({ field: fc.constant("$this"), op, rvalue: whole }),
      $update: fc.constantFrom<Json>("$remove", { $add: { $this: 1 } }, { $set: { $this: 0 } }),
    }),
  }),
) as fc.Arbitrary<JsonObject>;

/** Updates of every form: some do not fit some documents. */
export const updates: fc.Arbitrary<Json> = fc.array(steps, {
  minLength: 1,
  maxLength: 3,
});
