// Names and constants of a caller never become SQL.
import { describe, expect, it } from "vitest";
import type { Condition } from "../../../src/query/condition.ts";
import { keyPath, type Path } from "../../../src/query/path.ts";
import { compileCondition } from "../../../src/store/compile/condition.ts";
import { sql } from "../../../src/store/sql/template.ts";
import {
  documentScope,
  fill,
  openDatabase,
  rowsOf,
  run,
  selected,
  typedScope,
  type Sample,
} from "./tables.ts";

const HOSTILE = [
  "'; DROP TABLE r; --",
  '"; DROP TABLE r; --',
  "') OR 1=1 --",
  "a'||(SELECT payload FROM r)||'",
  '$."a") = 1 OR (1',
  "?",
  "?1",
  "\\",
  '\\"',
  "a\u0000b",
  "\ud800",
  "\u2028",
  "*/ /*",
];

const conditionsWith = (path: Path, text: string): readonly Condition[] => [
  { kind: "compare", path, op: "eq", value: text },
  { kind: "exists", path },
  { kind: "text", path, where: "contains", value: text, fold: false },
  { kind: "like", path, pattern: text, fold: true },
  { kind: "in", path, values: [text, 1] },
  { kind: "contains", path, quantifier: "all", values: [text] },
];

const everywhere = (text: string): readonly Condition[] =>
  [keyPath("label"), keyPath("mixed", text), keyPath(text), keyPath("nested", text, text)].flatMap(
    (path) => conditionsWith(path, text),
  );

const scopes = [typedScope, documentScope];

/** As parameters, and as SQL text. */
const copies = [1, 61];

describe("hostile input", () => {
  it("never becomes SQL: neither a name nor a constant", () => {
    for (const text of HOSTILE.filter(({ length }) => length > 4)) {
      const texts = everywhere(text).flatMap((condition) =>
        scopes.flatMap((scope) =>
          copies.map((count) => compileCondition(condition, scope, count).sql.text),
        ),
      );
      expect(texts.filter((each) => each.includes(text))).toEqual([]);
    }
  });

  it("does no harm and causes no failing statement", () => {
    for (const text of HOSTILE) {
      const stored = text.toWellFormed().replaceAll("\0", "");
      const rows = rowsOf([{ label: stored, mixed: { [stored]: stored } }, { label: "other" }]);
      const database = openDatabase();
      fill(database, rows);
      const sample: Sample = { database, rows };
      for (const condition of everywhere(text)) {
        for (const scope of scopes) {
          for (const count of copies) selected(sample, condition, scope, count);
        }
      }
      expect(run(database, sql`SELECT count(*) AS count FROM r`)).toEqual([{ count: 2 }]);
    }
  });

  it("reaches members with any name", () => {
    const names = HOSTILE.filter((name) => name.isWellFormed() && !name.includes("\0"));
    const rows = rowsOf(names.map((name) => ({ mixed: { [name]: { deep: [name] } } })));
    const database = openDatabase();
    fill(database, rows);
    names.forEach((name, position) => {
      const path = {
        segments: [...keyPath("mixed", name, "deep").segments, { kind: "any" } as const],
      };
      const condition: Condition = { kind: "compare", path, op: "eq", value: name };
      for (const scope of scopes) {
        expect(selected({ database, rows }, condition, scope, 4)).toEqual([position + 1]);
      }
    });
  });
});
