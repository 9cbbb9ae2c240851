import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { LIMITS } from "../../../src/model/limits.ts";
import { matches } from "../../../src/query/matches.ts";
import { METADATA_COLUMNS } from "../../../src/query/path.ts";
import { NOW } from "../../../src/query/query.ts";
import { checkQuery } from "../../../src/schema/check.ts";
import { createRegistry } from "../../../src/schema/registry.ts";
import { OPERATORS, parseFilter } from "../../../src/surfaces/catalogue/language/filter.ts";
import { codeIn, codeOf, page, section, tableIn } from "./markdown.ts";

const PAGE = page("docs/query.md");
const REGISTRY = createRegistry(0, []);

const kindOf = (name: string) =>
  [...REGISTRY.types.values()].map((type) => type.fields.get(name)).find((field) => field)?.kind;

const parse = (cell: string | undefined): JsonObject => JSON.parse(codeOf(cell)) as JsonObject;

/** Whether a payload satisfies a filter, after the checks that a query goes through. */
const holds = (filters: JsonObject, payload: JsonObject): boolean => {
  const condition = parseFilter(filters, kindOf);
  const query = { payloadTypes: [], condition, sort: [], page: { limit: 1 }, asOf: NOW };
  const checked = checkQuery(query, REGISTRY);
  if (!checked.ok) throw new Error(JSON.stringify(checked.errors));
  return matches(checked.query.condition, { column: () => null, payload });
};

describe("docs/query.md", () => {
  const operators = tableIn(section(PAGE, "### Operators"));
  const combinations = tableIn(section(PAGE, "### Combinations"));

  test("lists every operator of the filter language, and no other", () => {
    expect(operators.map(([name]) => codeOf(name))).toEqual(Object.keys(OPERATORS));
  });

  test.each(operators.map((row) => [codeOf(row[0]), row] as const))(
    "shows what satisfies %s and what does not",
    (name, [, , example, satisfied, refused]) => {
      const filters = parse(example);
      const used = Object.values(filters).flatMap((tests: Json) =>
        Object.keys(tests as JsonObject),
      );
      expect(used).toEqual([name]);
      expect(holds(filters, parse(satisfied)), satisfied).toBe(true);
      expect(holds(filters, parse(refused)), refused).toBe(false);
    },
  );

  test.each(combinations)("shows what satisfies %s and what does not", (filter, yes, no) => {
    expect(holds(parse(filter), parse(yes))).toBe(true);
    expect(holds(parse(filter), parse(no))).toBe(false);
  });

  test.each(tableIn(section(PAGE, "### Null")))(
    "says correctly whether %s holds for a missing value: %s",
    (filter, answer) => {
      const nulls = { modality: null, rows: null, finding_labels: null };
      expect(holds(parse(filter), {})).toBe(answer === "yes");
      expect(holds(parse(filter), nulls)).toBe(answer === "yes");
    },
  );

  test("names every metadata column and the bounds of a page and a filter", () => {
    expect(codeIn(PAGE)).toEqual(expect.arrayContaining([...METADATA_COLUMNS]));
    const bounds = [LIMITS.pageSizeDefault, LIMITS.pageSizeMax, LIMITS.residualRowsMax];
    for (const bound of bounds) expect(PAGE).toContain(bound.toLocaleString("en-US"));
    expect(section(PAGE, "### Combinations")).toContain(`depth of ${LIMITS.filterDepthMax},`);
  });
});
