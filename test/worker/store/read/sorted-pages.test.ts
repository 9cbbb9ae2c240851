// Pages sorted by each indexed field of each built-in payload type, in both directions: their rows, and
// how many rows the database reads for them.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { ALWAYS, type Condition, type Literal } from "../../../../src/query/condition.ts";
import { NOW, type Query } from "../../../../src/query/query.ts";
import { indexedFields } from "../../../../src/schema/indexed.ts";
import { BUILTIN_TYPES } from "../../../../src/schema/registry.ts";
import type { PayloadType } from "../../../../src/schema/type.ts";
import { orderIndex, projectRows } from "../../../../src/store/projection/table.ts";
import { pageStatement, type PageRow } from "../../../../src/store/read/page.ts";
import type { Reading } from "../../../../src/store/read/reading.ts";
import { toRow } from "../../../../src/store/read/row.ts";
import { raw, sql, statementText, type Sql } from "../../../../src/store/sql/template.ts";
import { figure } from "../../../support/run/figures.ts";
import type { Visibility } from "../../../../src/store/visibility/visible.ts";

const SIZES: readonly number[] = [1_000, figure("SORTED_ROWS")];
const PAGE = 50;
/**
 * The maximum of rows read for each row of a page: the index entry and the resource. Against the direction
 * of the index, entries are read twice, and those of rare values are sorted.
 */
const EACH = { along: 2, against: 4 } as const;
/** Rows read for every page: one to find whether more follow, and the next ones of other classes. */
const CONSTANT = 20;

const run = async ({ text, params, relations }: Sql): Promise<D1Result<PageRow>> =>
  env.DB.prepare(statementText({ text, params, ...(relations && { relations }) }))
    .bind(...params)
    .all<PageRow>();

type Kind = "string" | "integer" | "number" | "date" | "datetime";

/** SQL of the value of row `i`: missing in one of ten rows, with many ties or few. */
const valueOf = (kind: string, ties: number): string => {
  const step = `(i * 37) % ${ties}`;
  const values: Record<Kind, string> = {
    string: `printf('v%05d', ${step})`,
    integer: step,
    number: `${step} + 0.5`,
    date: `date('1990-01-01', (${step}) || ' days')`,
    datetime: `strftime('%Y-%m-%dT%H:%M:%S.000000Z', 1000000000 + ${step}, 'unixepoch')`,
  };
  return `CASE WHEN i % 10 < 9 THEN ${values[kind as Kind]} END`;
};

const fieldsOf = (type: PayloadType): readonly string[] =>
  indexedFields(type).filter((field) => orderIndex(type, field) !== undefined);

/** Adds rows of a type up to a number, in transactions of a hundred. */
const grow = async (type: PayloadType, from: number, to: number): Promise<void> => {
  const ties = type.name.length % 2 === 0 ? 12 : 100_003;
  const members = fieldsOf(type).map(
    (field) => `'${field}', ${valueOf(type.fields.get(field)?.kind ?? "", ties)}`,
  );
  // Neither the order of identifiers nor the values follow the order of creation.
  const name = `printf('${type.name}/%06d', (i * 7919) % 1000003)`;
  await run(sql`WITH RECURSIVE g(i) AS (SELECT ${raw(`${from} UNION ALL SELECT i + 1 FROM g WHERE i < ${to - 1}`)})
    INSERT INTO resources (identifier, payload_type, schema_version, version, access_level, owner, created_at,
      updated_at, tx_from, is_deleted, payload, visibility)
    SELECT ${raw(name)}, ${type.name}, '1.0.0', 1, 'public', 'user:x', i / 100, i / 100, 1, 0,
      json_object(${raw(members.join(", "))}), i % 3 FROM g`);
  const source = sql`FROM resources r WHERE r.payload_type = ${type.name}
    AND r.rid NOT IN (SELECT rid FROM ${raw(`"x_${type.name}"`)})`;
  await run(projectRows(type, new Set(fieldsOf(type)), source));
};

interface PageQuery {
  readonly type: PayloadType;
  readonly field: string | null;
  readonly direction: "asc" | "desc";
  readonly condition: Condition;
  readonly visibility: Visibility;
}

const pathOf = (field: string) => ({ segments: [{ kind: "key" as const, name: field }] });

const readingOf = ({ type, field, direction, condition, visibility }: PageQuery): Reading => {
  const path = field === null ? { column: "created_at" as const, segments: [] } : pathOf(field);
  const query: Query = {
    payloadTypes: [type.name],
    condition,
    sort: [{ path, direction }],
    page: { limit: PAGE },
    asOf: NOW,
  };
  return { query, view: { visibility, snapshot: null }, type };
};

const VISIBLE: readonly (readonly [string, Visibility, string])[] = [
  ["everything", { kind: "everything" }, "0, 1, 2"],
  ["public", { kind: "public" }, "0"],
];

interface Expected {
  readonly identifier: string;
  readonly value: Literal | null;
}

/** Where pages are taken: in the beginning, deep inside, and where values are missing. */
const PLACES = [0, 0.7, 0.95] as const;

/** The last of the pages that are asked by their number. */
const DEEP_PAGE = 500;

/** Rows of a query by the definition of the order: by where each page begins, the row before it and its own. */
const expected = async (
  { type, field, direction }: PageQuery,
  classes: string,
  where: string,
): Promise<ReadonlyMap<number, readonly Expected[]>> => {
  const value = field === null ? "created_at" : `"f_${field}"`;
  const rows = `FROM "x_${type.name}" NOT INDEXED WHERE visibility IN (${classes}) AND ${where}`;
  const count = (await env.DB.prepare(`SELECT count(*) AS n ${rows}`).first<number>("n")) ?? 0;
  const starts = new Set(PLACES.map((place) => Math.floor(count * place)));
  if (count >= (DEEP_PAGE + 1) * PAGE) starts.add(DEEP_PAGE * PAGE);
  const wanted = [...starts].map((at) => `n BETWEEN ${at} AND ${at + PAGE}`).join(" OR ");
  const { results } = await env.DB.prepare(
    `SELECT * FROM (SELECT identifier, ${value} AS value, row_number() OVER (
        ORDER BY ${value} ${direction} NULLS LAST, identifier) AS n ${rows}) WHERE ${wanted} ORDER BY n`,
  ).all<Expected & { readonly n: number }>();
  return new Map(
    [...starts].map((at) => [at, results.filter(({ n }) => n >= at && n <= at + PAGE)]),
  );
};

const between = (field: string, low: Literal, high: Literal): Condition => ({
  kind: "between",
  path: pathOf(field),
  low,
  high,
});

/** A middle value of the field. */
const middle = async ({ name }: PayloadType, field: string): Promise<Literal> => {
  const value = await env.DB.prepare(
    `SELECT "f_${field}" AS v FROM "x_${name}" WHERE v IS NOT NULL ORDER BY v LIMIT 1 OFFSET 500`,
  ).first<Literal>("v");
  if (value === null) throw new Error("The rows have no value.");
  return value;
};

const literal = (value: Literal): string =>
  typeof value === "number" ? String(value) : `'${String(value)}'`;

/** The errors of the pages of a query: rows that differ from the definition, or too many rows read. */
const errorsOf = async (
  pageQuery: PageQuery,
  classes: string,
  where: string,
): Promise<readonly string[]> => {
  const { field, direction, condition } = pageQuery;
  const pages = await expected(pageQuery, classes, where);
  const isAlong = (field === null) === (direction === "desc");
  const most = (isAlong ? EACH.along : EACH.against) * PAGE + CONSTANT;
  const reading = readingOf(pageQuery);
  const errors: string[] = [];
  for (const [at, rows] of pages) {
    const before = at === 0 ? undefined : rows[0];
    const after = before && { values: [before.value], identifier: before.identifier };
    const page = { limit: PAGE, ...(after && { after }) };
    const { results, meta } = await run(pageStatement(reading, page, { children: true }));
    const names = results.map((row) => toRow(row).identifier);
    const wanted = rows
      .slice(at === 0 ? 0 : 1)
      .slice(0, PAGE)
      .map(({ identifier }) => identifier);
    const query = `${field} ${direction} ${JSON.stringify(condition)} at ${at}`;
    if (names.join() !== wanted.join()) errors.push(`${query}: wrong rows`);
    if (meta.rows_read > most) errors.push(`${query}: ${meta.rows_read} rows read`);
  }
  return errors;
};

describe.each(SIZES)("of %i rows", { timeout: 120_000 }, (size) => {
  describe.each([...BUILTIN_TYPES.values()].map((type) => [type.name, type] as const))(
    "pages of %s",
    (_, type) => {
      beforeAll(async () => {
        const from = SIZES[SIZES.indexOf(size) - 1] ?? 0;
        await grow(type, from, size);
      }, 120_000);

      test.each(VISIBLE)(
        "%s in the order of creation, both ways",
        async (_who, visibility, classes) => {
          for (const direction of ["asc", "desc"] as const) {
            const pageQuery: PageQuery = {
              type,
              field: null,
              direction,
              condition: ALWAYS,
              visibility,
            };
            expect(await errorsOf(pageQuery, classes, "1")).toEqual([]);
          }
        },
      );

      const fields = fieldsOf(type);
      const cases = VISIBLE.flatMap((each) => fields.map((field) => [...each, field] as const));
      test.skipIf(cases.length === 0).each(cases)(
        "%s in the order of a field, both ways, filtered or not",
        async (_who, visibility, classes, field) => {
          const value = await middle(type, field);
          const column = `"f_${field}"`;
          const filters: readonly (readonly [Condition, string])[] = [
            [ALWAYS, "1"],
            [
              between(field, value, typeof value === "number" ? 1e9 : "~"),
              `${column} >= ${literal(value)}`,
            ],
            [
              { kind: "compare", path: pathOf(field), op: "eq", value },
              `${column} = ${literal(value)}`,
            ],
          ];
          for (const direction of ["asc", "desc"] as const) {
            for (const [condition, where] of filters) {
              const pageQuery: PageQuery = { type, field, direction, condition, visibility };
              expect(await errorsOf(pageQuery, classes, where)).toEqual([]);
              // A range is served by an index only in the order of its own field.
              if (condition.kind === "between") continue;
              expect(await errorsOf({ ...pageQuery, field: null }, classes, where)).toEqual([]);
            }
          }
        },
      );
    },
  );
});
