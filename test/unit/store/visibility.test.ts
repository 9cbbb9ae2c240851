import { expect, test } from "vitest";
import type { Query } from "../../../src/query/query.ts";
import { BUILTIN_TYPES } from "../../../src/schema/registry.ts";
import { pageStatement } from "../../../src/store/read/page.ts";
import type { RowLoad } from "../../../src/store/read/row-load.ts";
import { raw, statementText, type Sql } from "../../../src/store/sql/template.ts";
import type { Visibility } from "../../../src/store/visibility/visible.ts";
import { migrated } from "../../support/databases/migrated.ts";

const database = migrated();

const ME = "apk:0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10";
const EVERYTHING: Visibility = { kind: "everything" };
const NARROWER: readonly Visibility[] = [
  { kind: "reader", principal: ME },
  { kind: "reader", principal: "user:0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10" },
  { kind: "scoped", principal: ME, types: ["image", "study", "patient"], ownTypes: [] },
  { kind: "scoped", principal: ME, types: ["image"], ownTypes: ["study", "patient"] },
  { kind: "scoped", principal: ME, types: [], ownTypes: ["*"] },
];

/** The most expensive page: below a parent, sorted by a parent that may be hidden, and not the first. */
const QUERY: Query = {
  payloadTypes: ["image"],
  condition: { kind: "true" },
  sort: [{ path: { column: "parent_identifier", segments: [] }, direction: "asc" }],
  identifiers: ["a"],
  under: { parentIdentifier: "p", indirect: true },
  page: { limit: 10, after: { values: ["x"], identifier: "b" } },
  asOf: { kind: "now" },
};

/** With the maximal number of member names in the statement. */
const LOAD: RowLoad = {
  children: true,
  members: Array.from({ length: 8 }, (_, at) => `a_long_member_name_${at}`),
  most: 8_000,
  tells: true,
};

const statementOf = (visibility: Visibility, snapshot: Sql | null): Sql => {
  const type = BUILTIN_TYPES.get("image") ?? null;
  return pageStatement({ query: QUERY, view: { visibility, snapshot }, type }, QUERY.page, LOAD);
};

// The bytes that src/store/compile/condition.ts leaves for the rest of a statement.
const BYTES_MAX = 54_000;
const STEPS_MAX = 10_500;

test.each([null, raw("5")])(
  "a restricted reader needs no more parameters, and leaves room for any filter (snapshot %o)",
  (snapshot) => {
    const most = statementOf(EVERYTHING, snapshot).params.length;
    for (const visibility of NARROWER) {
      const statement = statementOf(visibility, snapshot);
      const { params } = statement;
      const text = statementText(statement);
      expect([visibility, params.length]).toEqual([visibility, most]);
      expect(text.length, JSON.stringify(visibility)).toBeLessThan(BYTES_MAX);
      const steps = database.prepare(`EXPLAIN ${text}`).all().length;
      expect(steps, JSON.stringify(visibility)).toBeLessThan(STEPS_MAX);
    }
  },
);

test("an id of any form never becomes a part of a statement", () => {
  for (const principal of ["apk:x'", "user:x y", "", "apk:\u0000"]) {
    expect(() => statementOf({ kind: "reader", principal }, null)).toThrow("unexpected format");
    const types = { types: ["a'b"], ownTypes: [] };
    expect(() => statementOf({ kind: "scoped", principal: ME, ...types }, null)).toThrow(
      "unexpected format",
    );
  }
});
