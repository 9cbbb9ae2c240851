import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";

/** One line of an NDJSON file. */
export type JsonRow =
  | { readonly line: number; readonly value: JsonObject }
  | { readonly line: number; readonly error: string; readonly text: string };

/** Turns pieces of NDJSON text into rows; `last` ends the file. */
export type NdjsonSplitter = (piece: string, last: boolean) => readonly JsonRow[];

const parseLine = (text: string, line: number): JsonRow => {
  try {
    const value = JSON.parse(text) as Json;
    return isJsonObject(value)
      ? { line, value }
      : { line, error: "a JSON object was expected on the line", text };
  } catch (error) {
    const reason = error instanceof SyntaxError ? `: ${error.message}` : "";
    return { line, error: `the line is not JSON${reason}`, text };
  }
};

/** A line break; a `\r` at the end of a piece may be half of `\r\n`. JSON holds none unescaped. */
const LINE_END = /\r\n|\n|\r(?!$)/;
const LAST_LINE_END = /\r\n|\n|\r/;

/** Starts reading NDJSON (one JSON object per line; blank lines are skipped). */
export function createNdjsonSplitter(): NdjsonSplitter {
  let rest = "";
  let line = 0;
  return (piece, last) => {
    const lines = (rest + piece).split(last ? LAST_LINE_END : LINE_END);
    rest = last ? "" : (lines.pop() ?? "");
    return lines.flatMap((text) => {
      line += 1;
      return text.trim() === "" ? [] : [parseLine(text, line)];
    });
  };
}
