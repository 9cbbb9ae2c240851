import { ALWAYS, type Condition, type Literal } from "../../../src/query/condition.ts";
import { keyPath, type Path } from "../../../src/query/path.ts";
import { NOW, type Query } from "../../../src/query/query.ts";
import { checkQuery } from "../../../src/schema/check.ts";
import { createRegistry } from "../../../src/schema/registry.ts";
import type { ErrorDetail } from "../../../src/schema/type.ts";
import { definitionWith } from "./support.ts";

const text = { type: "string" };

/** The built-in types and three registered ones: `open` admits unknown members. */
export const registry = createRegistry(1, [
  definitionWith({ mixed: { type: ["string", "number"] } }),
  definitionWith({ patient_sex: { type: "integer" } }, { payloadType: "other" }),
  definitionWith({ known: text }, { payloadType: "open", strict: false }),
]);

/** A query for images with some members replaced. */
export const queryOf = (members: Partial<Query>): Query => ({
  payloadTypes: ["image"],
  condition: ALWAYS,
  sort: [],
  page: { limit: 10 },
  asOf: NOW,
  ...members,
});

/** The errors of a condition on payloads of some types. */
export const errorsOf = (
  condition: Condition,
  payloadTypes: readonly string[] = ["image"],
): readonly ErrorDetail[] => {
  const result = checkQuery(queryOf({ condition, payloadTypes }), registry);
  return result.ok ? [] : result.errors;
};

/** A comparison, by default for equality. */
export const compare = (
  path: Path,
  value: Literal,
  op: "eq" | "ne" | "lt" | "lte" | "gt" | "gte" = "eq",
): Condition => ({ kind: "compare", path, op, value });

/** A field with a list of strings. */
export const LIST = keyPath("finding_labels");

/** A path into a JSON field of artefacts. */
export const metrics = (...names: readonly string[]): Path => keyPath("metrics", ...names);
