/** A field of RFC 4180. */
const quoted = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/**
 * A field of RFC 4180. A value that a spreadsheet would take for a formula gets an apostrophe in
 * front, unless it is a plain number.
 */
const field = (text: string): string => {
  const isFormula =
    /^[=+\-@\t\r]/.test(text) && !/^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text);
  return quoted(isFormula ? `'${text}` : text);
};

/** A line of CSV (RFC 4180). */
export function csvLine(texts: readonly string[]): string {
  return `${texts.map(field).join(",")}\r\n`;
}

/** A line of CSV with every string unchanged, for data that programs read. */
export function exactCsvLine(texts: readonly string[]): string {
  // A lone empty field would be an empty line, which readers skip.
  return texts.length === 1 && texts[0] === "" ? '""\r\n' : `${texts.map(quoted).join(",")}\r\n`;
}
