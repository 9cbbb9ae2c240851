/** A value that D1 binds. Booleans become 0 and 1. */
export type SqlValue = string | number | null;

/** A piece of SQL with its parameters, in the order of its anonymous `?` marks. */
export interface Sql {
  readonly text: string;
  readonly params: readonly SqlValue[];
  /**
   * Relations that the text names and that stand once in front of the statement: by their names, with
   * what comes behind WITH RECURSIVE. They have no parameters. Absent: none.
   */
  readonly relations?: Relations;
}

/** Common table expressions by name. */
export type Relations = ReadonlyMap<string, string>;

/**
 * A statement that answers rows of this shape. The shape is known to the compiler alone: `answers` is
 * never set. Where `columnsOf` and `select` cannot write the list of columns, whoever writes the SQL
 * declares the rows beside it, as the type of what it returns.
 */
export interface Statement<Row> extends Sql {
  readonly answers?: Row;
}

/** A part of a statement that has a value of this type, which the compiler alone knows. */
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

/** SQL text that this code wrote itself (column names, keywords). Never give it user input. */
export function raw(text: string): Sql {
  return { text, params: [] };
}

/** The same SQL, which names a relation that stands in front of its statement. */
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

/** Holds when all conditions do; those that always hold (`1`) are left out. Stands as one, also under NOT. */
export function allOf(conditions: readonly Sql[]): Sql {
  const needed = conditions.filter((condition) => condition.text !== "1");
  return needed.length > 1 ? sql`(${join(needed, " AND ")})` : (needed[0] ?? raw("1"));
}

const BEGINNING = /^\s*(EXPLAIN QUERY PLAN\s+)?(?:WITH (?:RECURSIVE )?)?/;

/** A whole statement, with the relations that it names in front of it. */
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
