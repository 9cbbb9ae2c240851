/** Texts of files: UTF-8, or UTF-16 with a byte order mark. */

/** An encoding that files of people come in, as `TextDecoder` names it. */
export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

/** The encoding that the first bytes of a file announce by a byte order mark. */
export function markedEncoding(bytes: Uint8Array): Encoding | undefined {
  const [first, second, third] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return first === 0xef && second === 0xbb && third === 0xbf ? "utf-8" : undefined;
}

/**
 * The text of a whole file without its byte order mark; undefined when its bytes are not of the
 * encoding.
 */
export function wholeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(markedEncoding(bytes) ?? "utf-8", {
      fatal: true,
      ignoreBOM: false,
    }).decode(bytes);
  } catch {
    return undefined;
  }
}
