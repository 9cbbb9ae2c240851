// Random valid projections of the entity `scan`.
import fc from "fast-check";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { orNull, whole } from "./entity-documents.ts";
import { op, trees } from "./entity-queries.ts";

const flags = {
  include: fc.constantFrom<Json>(true, false, 1, 0),
  recursive: fc.constantFrom<Json>(true, false, "true"),
};

const nodeRules = fc.record(
  {
    field: fc.constantFrom(
      "*",
      "subject",
      "site",
      "site.*",
      "site.geo.lat",
      "tags",
      "tags.*",
      "tags.0",
      "tags.-1",
      "tags#",
      "series",
      "series.*",
      "series.*.uid",
      "series.1.files",
      "series.*.files.*.path",
      "series.*.files#",
      "_id",
      "objectType",
      "acquired",
      "nothing",
    ),
    ...flags,
  },
  { requiredKeys: ["field"], noNullPrototype: true },
);

const innerRules = fc.array(
  fc.record(
    { field: fc.constantFrom("*", "uid", "kv", "files", "files.*.path"), ...flags },
    { requiredKeys: ["field"], noNullPrototype: true },
  ),
  { maxLength: 3 },
);

const arrayRules: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record(
    {
      field: fc.constant("series"),
      match: trees("series", 1),
      include: fc.boolean(),
      projection: innerRules,
      sort: fc.constantFrom<Json>({ kv: "$desc" }, { label: "$asc" }, [
        { kv: "$asc" },
        { uid: "$desc" },
      ]),
    },
    { requiredKeys: ["field", "match"], noNullPrototype: true },
  ),
  fc.record(
    {
      field: fc.constantFrom("series", "tags", "scores"),
      range: fc.tuple(fc.integer({ min: -1, max: 3 }), orNull(fc.integer({ min: -1, max: 3 }))),
      include: fc.boolean(),
    },
    { requiredKeys: ["field", "range"], noNullPrototype: true },
  ),
  fc.record({
    field: fc.constant("series.*.files"),
    match: trees("files", 1),
    project: fc.constant({ field: "path" }),
  }),
  fc.record({
    field: fc.constant("scores"),
    match: fc.record({ field: fc.constant("$this"), op, rvalue: whole }),
  }),
) as fc.Arbitrary<JsonObject>;

/** Projections of every form. */
export const projections: fc.Arbitrary<Json> = fc.array(
  fc.oneof(nodeRules, arrayRules) as fc.Arbitrary<Json>,
  { maxLength: 4 },
);
