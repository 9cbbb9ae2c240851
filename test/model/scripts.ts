import fc from "fast-check";
import { querySpecs } from "./queries.ts";
import type { Role, Script } from "./run.ts";
import { histories } from "./steps.ts";

const WRITERS = fc.oneof(
  { arbitrary: fc.constant("admin" as const), weight: 3 },
  { arbitrary: fc.constant("editor" as const), weight: 1 },
);
const ROLES = fc.constantFrom<Role>("admin", "editor", "reader", "nobody");

/** Random histories with who writes each step, and the questions asked at the end. */
export const scripts: fc.Arbitrary<Script> = fc.record({
  steps: histories(8).chain((steps) =>
    fc
      .array(WRITERS, { minLength: steps.length, maxLength: steps.length })
      .map((writers) => steps.map((step, at) => ({ step, by: writers[at] ?? "admin" }))),
  ),
  queries: fc.array(fc.record({ spec: querySpecs, by: ROLES }), { minLength: 1, maxLength: 4 }),
});
