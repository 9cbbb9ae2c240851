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
  values.forEach((value, position) => {
    if (isSql(value)) {
      text += value.text;
      params.push(...value.params);
    } else {
      text += "?";
      params.push(value);
    }
    text += strings[position + 1] ?? "";
  });
  return { text, params };
};

/** SQL text that this code wrote itself (column names, keywords). Never give it user input. */
export const raw = (text: string): Sql => ({ text, params: [] });

/** Joins pieces with a separator. */
export const join = (pieces: readonly Sql[], separator: string): Sql => ({
  text: pieces.map((piece) => piece.text).join(separator),
  params: pieces.flatMap((piece) => piece.params),
});

/** Holds when all conditions do; those that always hold (`1`) are left out. */
export const allOf = (conditions: readonly Sql[]): Sql => {
  const needed = conditions.filter((condition) => condition.text !== "1");
  return needed.length === 0 ? raw("1") : join(needed, " AND ");
};

/** Quotes an SQL identifier that this code derived from a checked name. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
