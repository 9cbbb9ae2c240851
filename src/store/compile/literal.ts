/** Constants of a condition in SQL: as parameters, or as SQL text when there are too many. */
import type { Json } from "../../model/json.ts";
import { LIMITS } from "../../model/limits.ts";
import type { Literal } from "../../query/condition.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { raw, sql, type Sql } from "../sql/template.ts";

/** How numbers and strings are put into the statement. */
export interface Literals {
  readonly number: (value: number) => Sql;
  readonly text: (value: string) => Sql;
}

/** Each constant is a parameter of its own. */
export const BOUND: Literals = {
  number: (value) => sql`${value}`,
  text: (value) => sql`${value}`,
};

const encoder = new TextEncoder();

const writeHex = (text: string): string =>
  Array.from(encoder.encode(text), (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * Each constant is part of the statement: numbers in digits, strings in hexadecimal, so that no
 * character of a string is ever parsed as SQL. Indexes are used as with a parameter.
 */
export const WRITTEN: Literals = {
  number: (value) => raw(Number.isFinite(value) ? String(value) : "NULL"),
  text: (value) => raw(`CAST(x'${writeHex(value)}' AS TEXT)`),
};

/** A scalar; booleans are 0 and 1. */
export function literal(literals: Literals, value: Literal): Sql {
  if (typeof value === "boolean") return raw(value ? "1" : "0");
  return typeof value === "number" ? literals.number(value) : literals.text(value);
}

/**
 * A list of scalars of one kind as sub-queries on JSON parameters: one, or several when one
 * parameter cannot hold them all.
 */
export function lists(values: readonly Literal[]): readonly Sql[] {
  return jsonChunks(values).map(({ text }) => sql`(SELECT value FROM json_each(${text}))`);
}

/** False for a constant that no parameter can hold. */
export function fits(value: Json): boolean {
  if (typeof value !== "string" || value.length * 6 < LIMITS.parameterBytesMax) return true;
  return encoder.encode(JSON.stringify(value)).length < LIMITS.parameterBytesMax;
}
