/**
 * Strings as the whole product compares them: by code point, folding the case of ASCII letters
 * only.
 */

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

/**
 * Orders two strings by code point, which is the order of their UTF-8 bytes and so of SQLite's
 * BINARY collation: negative, 0 or positive. JavaScript's own `<` compares UTF-16 units and puts
 * every character above U+FFFF before U+E000.
 */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let position = 0; position < length; position += 1) {
    const a = left.charCodeAt(position);
    const b = right.charCodeAt(position);
    if (a === b) continue;
    // The first unit that differs decides; a surrogate stands for a code point above all others.
    return isSurrogate(a) === isSurrogate(b) ? a - b : isSurrogate(a) ? 1 : -1;
  }
  return left.length - right.length;
}

/** The string with A-Z in lower case and nothing else changed, as SQLite's `lower` does. */
export function foldCase(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Number of code points of a string, as SQLite's `length` counts. */
export function codePointCount(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
