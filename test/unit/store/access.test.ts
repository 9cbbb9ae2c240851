// The visibility of restricted resources in SQL, compared with walking up in a small forest.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  mayOpen,
  hasAccess,
  withAccessible,
  withFewAccessible,
} from "../../../src/store/visibility/access.ts";
import { childVersions, orderedChildVersions } from "../../../src/store/read/children.ts";
import { raw, sql } from "../../../src/store/sql/template.ts";
import {
  maySee,
  resourceRow,
  type Visibility,
  type View,
} from "../../../src/store/visibility/visible.ts";
import {
  ask,
  expected,
  forest,
  grants,
  isOpenTo,
  isRestricted,
  nameOf,
  names,
  sees,
  setForest,
  USERS,
  type Grant,
  type Node,
} from "../../support/fixtures/forest.ts";
import { runs } from "../../support/run/figures.ts";

const ME = "user:u";

const compare = (nodes: readonly Node[], given: readonly Grant[], reader: string): void => {
  const open = expected(
    nodes,
    (at) => isRestricted(nodes, at) && isOpenTo(nodes, given, reader, at),
  );
  const restricted = sql`SELECT r.identifier FROM resources r WHERE r.visibility = 2 AND `;
  expect(names(ask(sql`${restricted} ${mayOpen(reader, "r.rid")}`))).toEqual(open);
  const listed = withAccessible(reader, "r.rid IN (SELECT rid FROM accessible)");
  expect(names(ask(sql`${restricted} ${listed}`))).toEqual(open);
  const few = withFewAccessible(reader, "r.rid IN (SELECT rid FROM some_accessible)");
  expect(names(ask(sql`${restricted} ${few}`))).toEqual(open);
  if (open.length > 0) expect(ask(sql`SELECT ${hasAccess(reader)} AS it`)[0]?.["it"]).toBe(1);

  const visibility: Visibility = { kind: "reader", principal: reader };
  const view: View = { visibility, snapshot: null };
  const seen = sql`SELECT r.identifier FROM resources r WHERE ${maySee(visibility, resourceRow("r"))}`;
  expect(names(ask(seen))).toEqual(expected(nodes, (at) => sees(nodes, given, reader, at)));
  for (const parent of [null, ...nodes.keys()]) {
    if (parent !== null && !sees(nodes, given, reader, parent)) continue;
    const children = expected(
      nodes,
      (at) =>
        nodes[at]?.parent === parent && !nodes[at].isDeleted && sees(nodes, given, reader, at),
    );
    const of = parent === null ? null : raw(`'${nameOf(parent)}'`);
    for (const versions of [childVersions, orderedChildVersions]) {
      const rows = versions(view, of, "v").flatMap(({ table, where }) =>
        ask(sql`SELECT v.identifier FROM ${table} WHERE ${where}`),
      );
      expect(names(rows), `${versions.name} of ${parent}`).toEqual(children);
    }
  }
};

test("each query for what is open to a reader finds what walking up to owners and grants does", () => {
  fc.assert(
    fc.property(forest, grants, fc.constantFrom(...USERS), (nodes, given, reader) => {
      setForest(nodes, given);
      compare(nodes, given, reader);
    }),
    { numRuns: runs(100) },
  );
}, 60_000);

const COMMON = { owner: "user:v", isDeleted: false, type: "dataset", instant: 1 } as const;

test("a list of what is open that would be long ends early, and says so", () => {
  const nodes: Node[] = [
    { ...COMMON, parent: null, level: "restricted" },
    ...Array.from({ length: 800 }, (): Node => ({
      ...COMMON,
      parent: 0,
      level: "internal",
    })),
  ];
  const size = withFewAccessible(ME, "SELECT few FROM accessible_size");
  setForest(nodes, [{ at: 0, way: "directly", isLive: true, grantee: ME }]);
  expect(ask(size)).toEqual([{ few: 0 }]);
  setForest(nodes, [{ at: 5, way: "directly", isLive: true, grantee: ME }]);
  expect(ask(size)).toEqual([{ few: 1 }]);
});
