/**
 * SQL LIKE over a whole string: `%` any run, `_` one code point, `\` takes the next character
 * literally (a `\` at the very end is literal itself).
 */
import { foldCase } from "./text.ts";

/** A piece of a pattern: literal text, any run of characters, or exactly one code point. */
export type LikeToken =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "run" }
  | { readonly kind: "one" };

/** The pieces of a LIKE pattern; adjacent literals are one, and so are adjacent runs. */
export function parseLike(pattern: string): readonly LikeToken[] {
  const tokens: LikeToken[] = [];
  let text = "";
  const flush = (): void => {
    if (text !== "") tokens.push({ kind: "text", text });
    text = "";
  };
  for (let position = 0; position < pattern.length; position += 1) {
    const character = pattern.charAt(position);
    if (character === "%") {
      flush();
      if (tokens.at(-1)?.kind !== "run") tokens.push({ kind: "run" });
    } else if (character === "_") {
      flush();
      tokens.push({ kind: "one" });
    } else if (character === "\\" && position + 1 < pattern.length) {
      position += 1;
      text += pattern.charAt(position);
    } else {
      text += character;
    }
  }
  flush();
  return tokens;
}

type Piece = Exclude<LikeToken, { readonly kind: "run" }>;

/** The end of the pieces when they match at a position; -1 when they do not. */
const matchAt = (text: string, start: number, pieces: readonly Piece[]): number => {
  let position = start;
  for (const piece of pieces) {
    if (piece.kind === "text") {
      if (!text.startsWith(piece.text, position)) return -1;
      position += piece.text.length;
    } else {
      const point = text.codePointAt(position);
      if (point === undefined) return -1;
      position += point > 0xffff ? 2 : 1;
    }
  }
  return position;
};

/** The end of the pieces at their first match from a position on; -1 when there is none. */
const findFrom = (text: string, start: number, pieces: readonly Piece[]): number => {
  const [first] = pieces;
  for (let position = start; position <= text.length; position += 1) {
    // The engine searches for a literal prefix; never start inside a surrogate pair.
    if (first?.kind === "text") position = text.indexOf(first.text, position);
    if (position === -1) return -1;
    const end = isBoundary(text, position) ? matchAt(text, position, pieces) : -1;
    if (end !== -1) return end;
  }
  return -1;
};

const isBoundary = (text: string, position: number): boolean => {
  const before = position === 0 ? undefined : text.codePointAt(position - 1);
  return before === undefined || before <= 0xffff;
};

/** The start of the last pieces when they match the end of a string; -1 when they do not. */
const startOfEnd = (text: string, pieces: readonly Piece[]): number => {
  let position = text.length;
  for (const piece of pieces.toReversed()) {
    if (piece.kind === "text") {
      position -= piece.text.length;
      if (position < 0 || !text.startsWith(piece.text, position)) return -1;
    } else {
      if (position === 0) return -1;
      position -= position > 1 && !isBoundary(text, position - 1) ? 2 : 1;
    }
  }
  return isBoundary(text, position) ? position : -1;
};

const splitAtRuns = (tokens: readonly LikeToken[]): readonly (readonly Piece[])[] => {
  const parts: Piece[][] = [[]];
  for (const token of tokens) {
    if (token.kind === "run") parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
};

/**
 * A test of whole strings against a LIKE pattern; `fold` ignores the case of ASCII letters. The
 * leftmost match of each part between two runs is sufficient: there is no backtracking.
 */
export function likeTest(pattern: string, fold: boolean): (text: string) => boolean {
  const parts = splitAtRuns(parseLike(fold ? foldCase(pattern) : pattern));
  const first = parts[0] ?? [];
  const last = parts.at(-1) ?? [];
  return (given) => {
    const text = fold ? foldCase(given) : given;
    let position = matchAt(text, 0, first);
    if (position === -1 || parts.length === 1) return position === text.length;
    for (const part of parts.slice(1, -1)) {
      position = findFrom(text, position, part);
      if (position === -1) return false;
    }
    return startOfEnd(text, last) >= position;
  };
}
