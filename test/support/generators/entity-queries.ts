// Random valid queries of the entity `scan`.
import fc from "fast-check";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { date, orNull, real, text, whole } from "./entity-documents.ts";

/** Every comparison. */
export const op = fc.constantFrom(
  "=",
  "!=",
  "<",
  ">",
  "<=",
  ">=",
  "$eq",
  "$neq",
  "$lt",
  "$gt",
  "$lte",
  "$gte",
);
const equality = fc.constantFrom("=", "!=", "$ne");

/** Paths to values of a type, from the document and from an element of `series`. */
const PATHS: Readonly<
  Record<"text" | "whole", Readonly<Record<"root" | "series" | "files", readonly string[]>>>
> = {
  text: {
    root: [
      "subject",
      "operator",
      "notes",
      "site.name",
      "site.city",
      "tags.*",
      "tags.0",
      "tags.-1",
      "series.*.label",
      "series.0.uid",
      "series.*.files.*.path",
      "series.*.files.-1.path",
      "_id",
      "$this.subject",
    ],
    series: [
      "uid",
      "label",
      "$this.label",
      "$parent.subject",
      "$parent.tags.*",
      "files.*.path",
      "$parent.series.0.label",
    ],
    files: ["path", "$parent.label", "$parent.$parent.subject"],
  },
  whole: {
    root: [
      "slices",
      "minSlices",
      "dose",
      "site.geo.lat",
      "scores.*",
      "scores.1",
      "tags#",
      "series#",
      "series.*.kv",
      "series.-1.kv",
      "series.*.files#",
      "series.0.files.*.bytes",
      "prevScores.-2",
    ],
    series: [
      "kv",
      "files#",
      "files.*.bytes",
      "$parent.slices",
      "$parent.tags#",
      "$parent.scores.*",
    ],
    files: ["bytes", "$parent.kv", "$parent.$parent.slices", "$parent.files#"],
  },
};

type Context = "root" | "series" | "files";

const pathIn = (context: Context, kind: "text" | "whole"): fc.Arbitrary<string> =>
  fc.constantFrom(...PATHS[kind][context]);

const comparison = (context: Context): fc.Arbitrary<JsonObject> =>
  fc.oneof(
    fc.record({ field: pathIn(context, "text"), op, rvalue: text }),
    fc.record({
      field: pathIn(context, "whole"),
      op,
      rvalue: fc.oneof<fc.Arbitrary<Json>[]>(whole, real, whole.map(String)),
    }),
    fc.record({
      field: fc.oneof(pathIn(context, "text"), pathIn(context, "whole")),
      op: equality,
      rvalue: fc.constant(null),
    }),
    fc.record({ field: pathIn(context, "text"), op, rfield: pathIn(context, "text") }),
    fc.record({ field: pathIn(context, "whole"), op, rfield: pathIn(context, "whole") }),
    fc.record({
      field: pathIn(context, "text"),
      op: fc.constantFrom("$in", "$nin", "$not_in"),
      values: fc.array(orNull(text), { maxLength: 4 }),
    }),
    fc.record({
      field: pathIn(context, "whole"),
      op: fc.constantFrom("$in", "$nin"),
      values: fc.array(orNull(whole), { maxLength: 4 }),
    }),
    fc.record({
      field: fc.oneof(pathIn(context, "text"), pathIn(context, "whole")),
      regex: fc.constantFrom("^a", "b$", "[0-9]", "^-", "P.0", "^$", "K i m"),
      caseInsensitive: fc.boolean(),
      extended: fc.boolean(),
    }),
  );

const ofRoot: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({
    field: fc.constant("approved"),
    op,
    rvalue: fc.constantFrom<Json>(true, false, "TRUE", 0),
  }),
  fc.record({ field: fc.constant("acquired"), op, rvalue: date }),
  fc.record({
    field: fc.constant("exact"),
    op: equality,
    rvalue: fc.constantFrom<Json>("1.5", 2, "7"),
  }),
  fc.record({
    field: fc.constantFrom("scores", "slices", "prevScores", "tags#"),
    op,
    rfield: fc.constantFrom("scores", "prevScores", "minSlices"),
  }),
  fc.record({
    field: fc.constantFrom("tags", "subject"),
    op,
    rfield: fc.constantFrom("oldTags", "tags"),
  }),
  fc.record({
    field: fc.constantFrom("site", "series", "tags", "site.geo"),
    op: equality,
    rvalue: fc.constant(null),
  }),
  fc.record({
    field: fc.constantFrom("subject", "notes"),
    op: fc.constantFrom("$in", "$nin"),
    rfield: fc.constantFrom("tags", "oldTags"),
  }),
  fc.record({
    array: fc.constantFrom("tags", "oldTags"),
    contains: fc.constantFrom("$any", "$all", "$none"),
    values: fc.array(orNull(text), { maxLength: 3 }),
  }),
  fc.record({
    array: fc.constantFrom("scores", "prevScores"),
    contains: fc.constantFrom("$any", "$all", "$none"),
    values: fc.array(whole, { maxLength: 3 }),
  }),
  fc.record({
    array: fc.constant("scores"),
    elemMatch: fc.record({ field: fc.constant("$this"), op, rvalue: whole }),
  }),
  fc.record({
    array: fc.constant("tags"),
    elemMatch: fc.record({
      field: fc.constant("$this"),
      op,
      rfield: fc.constantFrom("$parent.subject", "$parent.operator"),
    }),
  }),
);

/** Queries from a place on, up to so many levels deep. */
export const trees = (context: Context, depth: number): fc.Arbitrary<JsonObject> => {
  const leaf = context === "root" ? fc.oneof(comparison(context), ofRoot) : comparison(context);
  if (depth === 0) return leaf;
  const inner = trees(context, depth - 1);
  const element: fc.Arbitrary<JsonObject>[] =
    context === "root"
      ? [
          trees("series", depth - 1).map((elemMatch) => ({ array: "series", elemMatch })),
          trees("files", depth - 1).map((elemMatch) => ({ array: "series.*.files", elemMatch })),
        ]
      : context === "series"
        ? [trees("files", depth - 1).map((elemMatch) => ({ array: "files", elemMatch }))]
        : [];
  const listed = fc.array(inner, { maxLength: 3 });
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    { weight: 1, arbitrary: inner.map((one): JsonObject => ({ $not: one })) },
    { weight: 1, arbitrary: listed.map((of): JsonObject => ({ $and: of })) },
    { weight: 1, arbitrary: listed.map((of): JsonObject => ({ $any: of })) },
    ...element.map((arbitrary) => ({ weight: 1, arbitrary })),
  );
};

/** Queries of every form. */
export const queries: fc.Arbitrary<JsonObject> = trees("root", 3);
