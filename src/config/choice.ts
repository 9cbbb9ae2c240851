/** Settings with a fixed set of values. */

/** The parser of a setting that is one of some words. It throws an Error that lists the words. */
export function oneOf<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    if (word === undefined) throw new Error(`must be one of: ${words.join(", ")}`);
    return word;
  };
}

/** Parses `true` or `false`. @throws {Error} for another text. */
export function parseBoolean(text: string): boolean {
  return oneOf(["true", "false"])(text) === "true";
}
