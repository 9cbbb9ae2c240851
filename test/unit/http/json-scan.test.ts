import fc from "fast-check";
import { expect, test } from "vitest";
import { countMembers, repeatedMember, scanJson } from "../../../src/model/json-scan.ts";
import { seedOf } from "../../support/run/clock.ts";
import { runs } from "../../support/run/figures.ts";

const SEED = seedOf(process.env["FC_SEED"]);

test("a text of JSON.stringify has as many members as its value, and no duplicate", () => {
  const property = fc.property(
    fc.jsonValue({ maxDepth: 5 }),
    fc.nat({ max: 2 }),
    (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(scanJson(text).members).toBe(countMembers(JSON.parse(text)));
      expect(repeatedMember(text)).toBeUndefined();
    },
  );
  fc.assert(property, { numRuns: runs(1_000), seed: SEED });
});

test.each([
  ['{"a":1,"a":2}', ["a"]],
  ['{"a":{"b":1,"c":[{"d":1},{"d":1,"d":2}]}}', ["a", "c", "1", "d"]],
  ['{"a":"\\"a\\":","a\\\\":1,"\\u0061":2}', ["a"]],
  ['[[{"x":1}],{"y":{},"y":[]}]', ["1", "y"]],
  ['{"__proto__":1,"__proto__":2}', ["__proto__"]],
])("%s has a duplicate member", (text, path) => {
  expect(repeatedMember(text)).toEqual(path);
  expect(scanJson(text).members).toBeGreaterThan(countMembers(JSON.parse(text)));
});

test.each([
  ["1", 0],
  ["{}", 1],
  ['[[[{"a":"[[["}]]]', 4],
  ["[".repeat(100_000), 100_000],
])("depth of %.20s", (text, depth) => {
  expect(scanJson(text).depth).toBe(depth);
});
