// Bytes whose XXH64 (seed 0) is known.

const textOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** A name, the bytes, and their digest: 16 lower-case hexadecimal digits, with leading zeros. */
export const XXH64: readonly (readonly [string, Uint8Array<ArrayBuffer>, string])[] = [
  ["nothing", new Uint8Array(), "ef46db3751d8e999"],
  ["a", textOf("a"), "d24ec4f1a98c6e5b"],
  ["hello", textOf("hello"), "26c7827d889f6da3"],
  // Its digest begins with zeros.
  ["489", textOf("489"), "003e2b1d56ea3cac"],
  ["1024 zero bytes", new Uint8Array(1_024), "27742888f085accd"],
  ["all bytes", Uint8Array.from({ length: 256 }, (_, at) => at), "1facbe8406cd904b"],
];
