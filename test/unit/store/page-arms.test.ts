// Pages in the order of creation, merged from many ranges, compared with sorting the visible rows.
import fc from "fast-check";
import { expect, test } from "vitest";
import { ALWAYS } from "../../../src/query/condition.ts";
import { NOW, type Position, type Query } from "../../../src/query/query.ts";
import { BUILTIN_TYPES } from "../../../src/schema/registry.ts";
import { countStatement, pageStatement } from "../../../src/store/read/page.ts";
import type { Reading } from "../../../src/store/read/reading.ts";
import { toRow, type SelectedRow } from "../../../src/store/read/row.ts";
import type { Visibility } from "../../../src/store/visibility/visible.ts";
import {
  ask,
  forest,
  grants,
  isOpenTo,
  isRestricted,
  nameOf,
  setForest,
  USERS,
  type Grant,
  type Node,
} from "../../support/fixtures/forest.ts";
import { runs } from "../../support/run/figures.ts";

const TYPES = ["dataset", "image", "patient"];
const some = fc.subarray(TYPES);

const visibilities: fc.Arbitrary<Visibility> = fc
  .tuple(fc.constantFrom(...USERS), some, some, some, fc.nat(7))
  .map(([principal, types, own, closed, kind]): Visibility => {
    const without = closed.length === 0 ? {} : { closed: closed.slice(1) };
    if (kind === 0) return { kind: "everything", ...without };
    if (kind === 1) return { kind: "public", ...without };
    if (kind <= 3) return { kind: "reader", principal, ...without };
    const ownTypes = kind === 4 ? ["*"] : own;
    return { kind: "scoped", principal, types, ownTypes, ...without };
  });

/** Whether a reader sees a node, by the definition. */
const seesNode = (
  nodes: readonly Node[],
  given: readonly Grant[],
  visibility: Visibility,
  at: number,
): boolean => {
  const node = nodes[at] as Node;
  if (visibility.closed?.includes(node.type) === true || node.isDeleted) return false;
  if (visibility.kind === "everything") return true;
  if (visibility.kind === "public") return !isRestricted(nodes, at) && node.level === "public";
  if (isRestricted(nodes, at) && !isOpenTo(nodes, given, visibility.principal, at)) return false;
  if (visibility.kind === "reader" || visibility.types.includes(node.type)) return true;
  const isOwn = visibility.ownTypes.includes("*") || visibility.ownTypes.includes(node.type);
  return isOwn && node.owner === visibility.principal;
};

interface Wanted {
  readonly payloadTypes: readonly string[];
  readonly direction: "asc" | "desc";
  readonly limit: number;
}

const readingOf = (visibility: Visibility, { payloadTypes, direction, limit }: Wanted): Reading => {
  const query: Query = {
    payloadTypes,
    condition: ALWAYS,
    sort: [{ path: { column: "created_at", segments: [] }, direction }],
    page: { limit },
    asOf: NOW,
  };
  const [only, ...more] = payloadTypes;
  const type = more.length === 0 && only !== undefined ? (BUILTIN_TYPES.get(only) ?? null) : null;
  return { query, view: { visibility, snapshot: null }, type };
};

/** All pages of a query. */
const walk = (reading: Reading, limit: number): readonly string[] => {
  const found: string[] = [];
  for (let after: Position | undefined; ;) {
    const page = { limit, ...(after === undefined ? {} : { after }) };
    const rows = ask(pageStatement(reading, page, { children: false }));
    const names = rows.map((row) => toRow(row as unknown as SelectedRow).identifier);
    found.push(...names);
    const last = rows.at(-1);
    if (last === undefined || rows.length < limit) return found;
    after = { values: [Number(last["s0"])], identifier: names.at(-1) ?? "" };
  }
};

const wanted = fc.record<Wanted>({
  payloadTypes: some,
  direction: fc.constantFrom("asc", "desc"),
  limit: fc.integer({ min: 1, max: 6 }),
});

const byCreation =
  (direction: Wanted["direction"]) =>
  (left: readonly [number, string], right: readonly [number, string]): number => {
    const difference = direction === "asc" ? left[0] - right[0] : right[0] - left[0];
    return difference === 0 ? (left[1] < right[1] ? -1 : 1) : difference;
  };

test("pages and counts have what each kind of reader sees of some payload types, in order", () => {
  fc.assert(
    fc.property(forest, grants, visibilities, wanted, (nodes, given, visibility, spec) => {
      setForest(nodes, given);
      const seen = nodes.flatMap((node, at): (readonly [number, string])[] => {
        const { payloadTypes } = spec;
        const isAsked = payloadTypes.length === 0 || payloadTypes.includes(node.type);
        return isAsked && seesNode(nodes, given, visibility, at)
          ? [[node.instant, nameOf(at)]]
          : [];
      });
      const sorted = seen.toSorted(byCreation(spec.direction)).map(([, name]) => name);
      const reading = readingOf(visibility, spec);
      const isNode = (name: string): boolean => /^n\d+$/.test(name);
      expect(walk(reading, spec.limit).filter(isNode)).toEqual(sorted);
      // The grantees (groups and projects) are resources too.
      if (spec.payloadTypes.length === 0) return;
      expect(ask(countStatement(reading))[0]?.["count"] ?? 0).toBe(seen.length);
    }),
    { numRuns: runs(150) },
  );
}, 120_000);

test.each([
  ["a restricted subtree that is granted", "restricted", 700],
  ["few restricted rows below an open one that is granted", "internal", 400],
  ["more of them than are listed", "internal", 700],
] as const)("pages have %s, and what the reader owns within", (_, level, count) => {
  const common = { isDeleted: false, type: "dataset", instant: 1 } as const;
  const nodes: Node[] = [
    { ...common, parent: null, owner: "user:v", level },
    ...Array.from({ length: count }, (_each, at): Node => ({
      ...common,
      parent: 0,
      owner: at % 7 === 0 ? "user:u" : "user:v",
      level: "restricted",
      instant: 1 + (at % 90),
    })),
    { ...common, parent: null, owner: "user:v", level: "restricted" },
  ];
  setForest(nodes, [{ at: 0, way: "directly", isLive: true, grantee: "user:u" }]);
  const spec: Wanted = { payloadTypes: ["dataset"], direction: "desc", limit: 100 };
  const seen = nodes.flatMap((node, at): (readonly [number, string])[] =>
    at <= count ? [[node.instant, nameOf(at)]] : [],
  );
  const sorted = seen.toSorted(byCreation("desc")).map(([, name]) => name);
  const reading = readingOf({ kind: "reader", principal: "user:u" }, spec);
  expect(walk(reading, spec.limit)).toEqual(sorted);
});
