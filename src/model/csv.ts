/**
 * A field of RFC 4180. What a spreadsheet would take for a formula begins with an apostrophe, unless
 * it is a plain number.
 */
const field = (text: string): string => {
  const isFormula =
    /^[=+\-@\t\r]/.test(text) && !/^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text);
  const guarded = isFormula ? `'${text}` : text;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
};

/** A line of CSV (RFC 4180). */
export const csvLine = (texts: readonly string[]): string => `${texts.map(field).join(",")}\r\n`;
