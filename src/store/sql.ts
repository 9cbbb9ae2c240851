/** A value that D1 binds. Booleans become 0 and 1. */
export type SqlValue = string | number | null;

/** A piece of SQL with its parameters, in the order of its anonymous `?` marks. */
export interface Sql {
  readonly text: string;
  readonly params: readonly SqlValue[];
}

const isSql = (value: SqlValue | Sql): value is Sql => typeof value === "object" && value !== null;

/**
 * Writes SQL: `sql\`a = ${value}\`` binds a value, and a nested `Sql` is spliced in. User text can
 * only ever become a parameter.
 */
export const sql = (strings: TemplateStringsArray, ...values: readonly (SqlValue | Sql)[]): Sql => {
  const params: SqlValue[] = [];
  let text = strings[0] ?? "";
  let position = 0;
  for (const value of values) {
    if (isSql(value)) {
      text += value.text;
      for (const each of value.params) params.push(each);
    } else {
      text += "?";
      params.push(value);
    }
    position += 1;
    text += strings[position] ?? "";
  }
  return { text, params };
};

/** SQL text that this code wrote itself (column names, keywords). Never give it user input. */
export const raw = (text: string): Sql => ({ text, params: [] });

/** Joins pieces with a separator. */
export const join = (pieces: readonly Sql[], separator: string): Sql => {
  const params: SqlValue[] = [];
  for (const piece of pieces) for (const each of piece.params) params.push(each);
  return { text: pieces.map((piece) => piece.text).join(separator), params };
};

/** Holds when all conditions do; those that always hold (`1`) are left out. */
export const allOf = (conditions: readonly Sql[]): Sql => {
  const needed = conditions.filter((condition) => condition.text !== "1");
  return needed.length > 1 ? join(needed, " AND ") : (needed[0] ?? raw("1"));
};

/** Quotes an SQL identifier that this code derived from a checked name. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
