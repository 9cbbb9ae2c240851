import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/model/limits.ts";
import { readMigrations } from "../../../src/server/migrations.ts";
import { cellChunks, cellRows, type Cell } from "../../../src/store/sql/chunks.ts";
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
        const width = given[0]?.length ?? 1;
        const found = cellChunks(given).flatMap((chunk) =>
          run<Record<string, Cell>>(database, sql`SELECT * FROM ${cellRows(width, chunk)}`),
        );
        expect(found.map((row) => Object.values(row))).toEqual(given);
      }),
    );
  });

  test("travel in several parameters, of whole rows each, where one would be too large", () => {
    const half = "x".repeat(LIMITS.parameterBytesMax / 2);
    const chunks = cellChunks([
      [1, half],
      [2, half],
    ]);
    expect(chunks.map(({ text }) => JSON.parse(text) as unknown)).toEqual([
      [1, half],
      [2, half],
    ]);
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
