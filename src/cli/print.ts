/** Text for people: values, tables. */

/** A value in one line; control characters are escaped, so that no stored text moves the cursor. */
export function show(value: unknown): string {
  const text =
    value === undefined || value === null
      ? "-"
      : typeof value === "string"
        ? value
        : JSON.stringify(value);
  return text.replaceAll(
    /\p{Cc}/gu,
    (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** A number with thousands separators. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** Rows in columns that are as wide as their widest cell; numbers are aligned to the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly unknown[])[],
): readonly string[] {
  const cells = rows.map((row) =>
    row.map((cell) => (typeof cell === "number" ? count(cell) : show(cell))),
  );
  const widths = head.map((name, index) =>
    Math.max(name.length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const isNumber = head.map((_, index) => rows.some((row) => typeof row[index] === "number"));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) =>
        isNumber[index] === true
          ? cell.padStart(widths[index] ?? 0)
          : cell.padEnd(widths[index] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [line(head), ...cells.map(line)];
}
