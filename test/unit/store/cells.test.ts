import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/model/limits.ts";
import { readMigrations } from "../../../src/server/migrations.ts";
import { cellRelations, type Cell } from "../../../src/store/sql/chunks.ts";
import { sql, type Sql } from "../../../src/store/sql/template.ts";
import { commitStatements } from "../../../src/store/write/commit.ts";
import { ROOT } from "../docs/markdown.ts";
import {
  CONTEXT,
  EDITOR,
  loadedWith,
  planOf,
  REGISTRY,
  storedRow,
  update,
} from "../../support/fixtures/write-plans.ts";

const run = <Row>(database: DatabaseSync, { text, params }: Sql): Row[] =>
  database.prepare(text).all(...params) as Row[];

const rowsIn = (database: DatabaseSync, relations: readonly Sql[]) =>
  relations
    .flatMap((relation) => run<Record<string, Cell>>(database, sql`SELECT * FROM ${relation}`))
    .map((row) => Object.values(row));

const cell = fc.oneof(
  fc.constant(null),
  fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0")),
  fc.maxSafeInteger(),
  fc.integer().map((value) => value / 8),
  fc.constantFrom("null", "1", "[1]", "", '"'),
);

describe("cells", () => {
  test("become the rows that they were written from", () => {
    const database = new DatabaseSync(":memory:");
    const rows = fc
      .integer({ min: 1, max: 12 })
      .chain((width) => fc.array(fc.tuple(...Array.from({ length: width }, () => cell))));
    fc.assert(
      fc.property(rows, (given: readonly (readonly Cell[])[]) => {
        expect(rowsIn(database, cellRelations(given))).toEqual(given);
      }),
    );
  });

  test("travel in several parameters, of whole rows each, where one would be too large", () => {
    const half = "x".repeat(LIMITS.parameterBytesMax / 2);
    const given = [
      [1, half],
      [2, half],
    ];
    const relations = cellRelations(given);
    expect(relations.map(({ params }) => params)).toEqual([
      [JSON.stringify([1, half])],
      [JSON.stringify([2, half])],
    ]);
    expect(rowsIn(new DatabaseSync(":memory:"), relations)).toEqual(given);
  });

  test("travel each by itself where a row is too long for a parameter", () => {
    const text = '"'.repeat(LIMITS.parameterBytesMax - 10);
    const given = [
      [1, "a", null],
      [2, text, '"'],
      [3, "c", 0.5],
    ];
    const relations = cellRelations(given);
    expect(relations.map(({ params }) => params.length)).toEqual([1, 3, 1]);
    const sizes = relations.flatMap(({ params }) => params.map((each) => String(each).length));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(LIMITS.parameterBytesMax);
    expect(rowsIn(new DatabaseSync(":memory:"), relations)).toEqual(given);
  });
});

describe("the statements of new versions", () => {
  const COUNT = 50;
  const database = new DatabaseSync(":memory:");
  for (const { sql: text } of readMigrations(join(ROOT, "migrations"))) database.exec(text);
  const names = Array.from({ length: COUNT }, (_, at) => `d${at}`);
  const planned = planOf(
    loadedWith(names.map((name, at) => storedRow(name, { rid: COUNT - at }))),
    names.map((name) => update(name, { license: "MIT", payload: { name: "new" } })),
  );
  const { counts, identifiers } = planned;
  const receipt = { transaction: null, recordedAt: null, ...counts, identifiers, replayed: false };
  const statements = commitStatements(planned, receipt, {
    principal: EDITOR,
    context: CONTEXT,
    registry: REGISTRY,
    bucket: "bucket",
    authEpoch: "",
    now: 1,
  });
  const updates = statements.filter(({ text }) => text.startsWith("UPDATE OR FAIL"));

  test("call no function, which would make SQLite keep a journal of the pages that they change", () => {
    expect(updates).toHaveLength(2);
    for (const { text, params } of updates) {
      const program = run<{ opcode: string }>(database, { text: `EXPLAIN ${text}`, params });
      const opcodes = program.map(({ opcode }) => opcode);
      expect(opcodes.filter((opcode) => /Function/.test(opcode))).toEqual([]);
      expect(opcodes).toContain("VFilter");
    }
  });

  test("find each row by its number, in the order of the table", () => {
    for (const { text, params } of updates) {
      const plan = run<{ detail: string }>(database, {
        text: `EXPLAIN QUERY PLAN ${text}`,
        params,
      });
      const details = plan.map(({ detail }) => detail);
      expect(details.filter((detail) => /INTEGER PRIMARY KEY/.test(detail))).toHaveLength(1);
      const cells = JSON.parse(String(params[0])) as number[];
      const rids = cells.filter((_, at) => at % (cells.length / COUNT) === 0);
      expect(rids).toEqual(Array.from({ length: COUNT }, (_, at) => at + 1));
    }
  });
});
