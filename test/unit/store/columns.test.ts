import { and, eq } from "drizzle-orm";
import { expect, expectTypeOf, test } from "vitest";
import { built, conditionOf, db, expressionOf, listed } from "../../../src/store/sql/builder.ts";
import { columnsOf, computed, returning, select } from "../../../src/store/sql/columns.ts";
import type { RowsOf } from "../../../src/store/sql/session.ts";
import { raw, sql } from "../../../src/store/sql/template.ts";
import { users } from "../../../src/store/tables/core.ts";

const SHOWN = {
  ...columnsOf(users, "id", "last_login_at"),
  count: computed<number>(raw("count(*)")),
};

test("a list of columns writes the SQL and makes the type of the rows", () => {
  const statement = select(SHOWN, "u")`FROM users u WHERE u.id = ${"x"}`;
  expect(statement).toEqual({
    text: "SELECT u.id, u.last_login_at, count(*) AS count FROM users u WHERE u.id = ?",
    params: ["x"],
  });
  expectTypeOf<RowsOf<[typeof statement]>[0][number]>().toEqualTypeOf<{
    readonly id: string;
    readonly last_login_at: number | null;
    readonly count: number;
  }>();
});

test("a write statement returns the requested columns", () => {
  const statement = returning(sql`DELETE FROM users WHERE id = ${"x"}`, columnsOf(users, "role"));
  expect(statement.text).toBe("DELETE FROM users WHERE id = ? RETURNING role");
  expectTypeOf<RowsOf<[typeof statement]>[0][number]["role"]>().toEqualTypeOf<
    "admin" | "editor" | "user"
  >();
});

test("what the builder makes is a statement of the session, typed by its table", () => {
  const found = built(db.select(columnsOf(users, "email")).from(users).where(eq(users.id, "x")));
  expect(found.params).toEqual(["x"]);
  expectTypeOf<RowsOf<[typeof found]>[0][number]>().toEqualTypeOf<{ email: string }>();
});

test("the builder has no connection of its own", async () => {
  await expect(db.select().from(users)).rejects.toThrow("Failed query");
});

test("a part of a template can be used in what is built, with its parameters in their places", () => {
  const part = sql`email = ${"a?"} OR role = ${"admin"}`;
  const condition = and(eq(users.id, "x"), expressionOf(part), eq(users.is_active, 1));
  const { text, params } = built(db.delete(users).where(condition));
  expect(text).toContain("email = ? OR role = ?");
  expect(params).toEqual(["x", "a?", "admin", 1]);
  expect(() => expressionOf(raw("email = '?'"))).toThrow("without a parameter");
});

test("a condition of the builder can be used in a template, and a list is one parameter", () => {
  expect(conditionOf(eq(users.id, "x"))).toEqual({ text: `"users"."id" = ?`, params: ["x"] });
  expect(conditionOf(listed("[1]"))).toEqual({
    text: "(SELECT value FROM json_each(?))",
    params: ["[1]"],
  });
});
