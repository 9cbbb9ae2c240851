// SQL of conditions on hidden parents, compared with the conditions on the rows as the reader sees them.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import type { Condition } from "../../../src/query/condition.ts";
import { matches, type ConditionRow } from "../../../src/query/matches.ts";
import { columnPath, keyPath } from "../../../src/query/path.ts";
import { sieveIn } from "../../../src/store/read/hidden-parent.ts";
import { runs } from "../../support/run/figures.ts";

const PARENT = columnPath("parent_identifier");
const NAMES = ["a", "b", "c"];

const path = fc.constantFrom(PARENT, keyPath("color"), columnPath("owner"));
const name = fc.constantFrom(...NAMES);
const names = fc.uniqueArray(name, { maxLength: 2 });
const op = fc.constantFrom("eq", "ne", "lt", "gte");

const leaf: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ kind: fc.constant("compare"), path, op, value: name }),
  fc.record({ kind: fc.constant("fields"), left: path, op, right: path }),
  fc.record({ kind: fc.constant("equals"), path, value: fc.option(name) }),
  fc.record({ kind: fc.constant("in"), path, values: names }),
  fc.record({ kind: fc.constant("exists"), path }),
  fc.record({ kind: fc.constant("between"), path, low: name, high: name }),
  fc.record({
    kind: fc.constant("like"),
    path,
    pattern: fc.constantFrom("%", "a", "b%"),
    fold: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("contains"),
    path,
    quantifier: fc.constantFrom("any", "all", "none"),
    values: names,
  }),
  fc.record({
    kind: fc.constant("element"),
    path: fc.constantFrom(PARENT, keyPath("list")),
    condition: fc.record({ kind: fc.constant("exists"), path: fc.constant(keyPath("color")) }),
  }),
);

const conditions = fc.letrec<{ any: Condition }>((tie) => {
  const several = fc.array(tie("any"), { minLength: 1, maxLength: 3 });
  return {
    any: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      fc.record({ kind: fc.constant("and"), of: several }),
      fc.record({ kind: fc.constant("or"), of: several }),
      fc.record({ kind: fc.constant("not"), of: tie("any") }),
      fc.record({
        kind: fc.constant("related"),
        relation: fc.constant("a.b"),
        condition: tie("any"),
      }),
    ),
  };
}).any;

interface Node {
  readonly parent: string | null;
  readonly isHidden: boolean;
  readonly owner: string;
  readonly payload: JsonObject;
}

const node: fc.Arbitrary<Node> = fc.record({
  parent: fc.option(name),
  isHidden: fc.boolean(),
  owner: name,
  payload: fc.record({ color: fc.option(name) }),
});

/** A row with linked rows, which are linked to the same rows. */
const rowOf = (nodes: readonly Node[], isShown: boolean): readonly ConditionRow[] => {
  const rows: readonly ConditionRow[] = nodes.map(({ parent, isHidden, owner, payload }) => ({
    payload,
    column: (column) => {
      if (column === "owner") return owner;
      return isShown && isHidden ? null : parent;
    },
    related: () => rows.slice(1),
  }));
  return rows;
};

test("what SQL decides over stored parents keeps every row that satisfies the condition as it is returned", () => {
  let satisfied = 0;
  fc.assert(
    fc.property(conditions, fc.array(node, { minLength: 1, maxLength: 3 }), (condition, nodes) => {
      const [shown] = rowOf(nodes, true);
      const [stored] = rowOf(nodes, false);
      if (shown === undefined || stored === undefined || !matches(condition, shown)) return;
      satisfied += 1;
      expect(matches(sieveIn(condition), stored)).toBe(true);
    }),
    { numRuns: runs(2_000) },
  );
  expect(satisfied).toBeGreaterThan(0);
});

test("parts of a conjunction that name no parent stay in SQL", () => {
  const plain: Condition = { kind: "compare", path: keyPath("color"), op: "ne", value: "a" };
  const parent: Condition = { kind: "compare", path: PARENT, op: "ne", value: "a" };
  expect(sieveIn({ kind: "and", of: [parent, plain] })).toEqual(plain);
});
