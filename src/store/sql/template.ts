/** A value that D1 binds. Booleans become 0 and 1. */
export type SqlValue = string | number | null;

/** A piece of SQL with its parameters, in the order of its anonymous `?` marks. */
export interface Sql {
  readonly text: string;
  readonly params: readonly SqlValue[];
  /**
   * Common table expressions that the text refers to, by name. They are written once, after WITH
   * RECURSIVE at the start of the statement. They have no parameters. Absent: none.
   */
  readonly relations?: Relations;
}

/** Common table expressions by name. */
export type Relations = ReadonlyMap<string, string>;

/**
 * A statement with rows of this shape. The shape exists at compile time only: `answers` is never set.
 * When `columnsOf` and `select` cannot write the list of columns, the function that writes the SQL
 * declares the row type as its return type.
 */
export interface Statement<Row> extends Sql {
  readonly answers?: Row;
}

/** A part of a statement with a value of this type, known at compile time only. */
export interface Expression<Value> extends Sql {
  readonly is?: Value;
}

const isSql = (value: SqlValue | Sql): value is Sql => typeof value === "object" && value !== null;

const merged = (
  left: Relations | undefined,
  right: Relations | undefined,
): Relations | undefined => {
  if (left === undefined || right === undefined || left === right) return left ?? right;
  for (const [name, definition] of right) {
    if (left.has(name) && left.get(name) !== definition) {
      throw new Error(`A statement has two relations named ${name}.`);
    }
  }
  return new Map([...left, ...right]);
};

const made = (text: string, params: readonly SqlValue[], relations: Relations | undefined): Sql =>
  relations === undefined ? { text, params } : { text, params, relations };

/**
 * Writes SQL: `sql\`a = ${value}\`` binds a value, and a nested `Sql` is spliced in. User text can
 * only ever become a parameter.
 */
export function sql(strings: TemplateStringsArray, ...values: readonly (SqlValue | Sql)[]): Sql {
  const params: SqlValue[] = [];
  let relations: Relations | undefined;
  let text = strings[0] ?? "";
  let position = 0;
  for (const value of values) {
    if (isSql(value)) {
      text += value.text;
      for (const each of value.params) params.push(each);
      if (value.relations !== undefined) relations = merged(relations, value.relations);
    } else {
      text += "?";
      params.push(value);
    }
    position += 1;
    text += strings[position] ?? "";
  }
  return made(text, params, relations);
}

/** SQL text from this code (column names, keywords). Never pass user input. */
export function raw(text: string): Sql {
  return { text, params: [] };
}

/** The same SQL with a common table expression that it refers to. */
export function naming(part: Sql, name: string, definition: string): Sql {
  return made(part.text, part.params, merged(part.relations, new Map([[name, definition]])));
}

/** Joins pieces with a separator. */
export function join(pieces: readonly Sql[], separator: string): Sql {
  const params: SqlValue[] = [];
  let relations: Relations | undefined;
  for (const piece of pieces) {
    for (const each of piece.params) params.push(each);
    if (piece.relations !== undefined) relations = merged(relations, piece.relations);
  }
  return made(pieces.map((piece) => piece.text).join(separator), params, relations);
}

/** AND of conditions, without those that are always true (`1`). In parentheses, so that NOT may precede it. */
export function allOf(conditions: readonly Sql[]): Sql {
  const needed = conditions.filter((condition) => condition.text !== "1");
  return needed.length > 1 ? sql`(${join(needed, " AND ")})` : (needed[0] ?? raw("1"));
}

const BEGINNING = /^\s*(EXPLAIN QUERY PLAN\s+)?(?:WITH (?:RECURSIVE )?)?/;

/** The text of a whole statement, with its common table expressions in front. */
export function statementText({ text, relations }: Sql): string {
  if (relations === undefined) return text;
  const [beginning = "", explain = ""] = BEGINNING.exec(text) ?? [];
  const own = text.slice(beginning.length);
  const isBehind = beginning.includes("WITH");
  const tables = [...relations.values()].join(", ");
  return `${explain}WITH RECURSIVE ${tables}${isBehind ? ", " : " "}${own}`;
}

/** Quotes an SQL identifier that this code derived from a checked name. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
