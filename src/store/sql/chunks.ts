import { LIMITS } from "../../model/limits.ts";

const encoder = new TextEncoder();

/**
 * Writes values as JSON arrays that each stay below the platform's bound for one parameter. One
 * array in the usual case; the texts are joined, not encoded twice.
 */
export function jsonChunks(values: readonly unknown[]): readonly JsonChunk[] {
  const chunks: JsonChunk[] = [];
  let texts: string[] = [];
  let bytes = 2;
  let first = 0;
  const close = (): void => {
    if (texts.length > 0) chunks.push({ first, text: `[${texts.join(",")}]` });
    first += texts.length;
    texts = [];
    bytes = 2;
  };
  for (const value of values) {
    const text = JSON.stringify(value);
    // Every UTF-16 unit is at most three bytes: count exactly only when it could matter.
    const size = 1 + (text.length * 3 < 4096 ? text.length * 3 : encoder.encode(text).length);
    if (bytes + size > LIMITS.parameterBytesMax) close();
    texts.push(text);
    bytes += size;
  }
  close();
  return chunks;
}

/** A part of a list as JSON array text, and the position of its first element in the whole list. */
export interface JsonChunk {
  readonly first: number;
  readonly text: string;
}
