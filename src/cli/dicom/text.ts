/** Text of DICOM attributes: character sets and code extensions (PS3.3, C.12.1.1.2; PS3.5, 6.1.2). */
import type { DataSet } from "dicom-parser";

/** The encoding of a character set without code extensions, by its defined term. */
const SINGLE: Readonly<Record<string, string>> = {
  "ISO_IR 192": "utf-8",
  GB18030: "gb18030",
  GBK: "gbk",
  "ISO_IR 100": "iso-8859-1",
  "ISO_IR 101": "iso-8859-2",
  "ISO_IR 109": "iso-8859-3",
  "ISO_IR 110": "iso-8859-4",
  "ISO_IR 144": "iso-8859-5",
  "ISO_IR 127": "iso-8859-6",
  "ISO_IR 126": "iso-8859-7",
  "ISO_IR 138": "iso-8859-8",
  "ISO_IR 148": "iso-8859-9",
  "ISO_IR 203": "iso-8859-15",
  "ISO_IR 13": "shift_jis",
  "ISO_IR 166": "windows-874",
};

/** Decodes the bytes of one code element; undefined for bytes that it does not have. */
type Decode = (bytes: Uint8Array) => string | undefined;

const decoderOf = (encoding: string): Decode => {
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: false });
  return (bytes) => {
    try {
      return decoder.decode(bytes);
    } catch {
      return undefined;
    }
  };
};

const ascii: Decode = (bytes) => Buffer.from(bytes).toString("latin1");

/** Characters of JIS X 0201 that differ from ASCII. */
const jisRoman: Decode = (bytes) =>
  ascii(bytes)?.replaceAll(/[\\~]/g, (one) => (one === "~" ? "‾" : "¥"));

const eucJp = decoderOf("euc-jp");

/** JIS X 0208, whose bytes in EUC-JP have the high bit. */
const jisX0208: Decode = (bytes) => eucJp(bytes.map((byte) => byte | 0x80));

/** JIS X 0212: in EUC-JP each character is announced by 0x8F. */
const jisX0212: Decode = (bytes) => {
  if (bytes.length % 2 !== 0) return undefined;
  const announced: number[] = [];
  for (let at = 0; at < bytes.length; at += 2) {
    announced.push(0x8f, (bytes[at] ?? 0) | 0x80, (bytes[at + 1] ?? 0) | 0x80);
  }
  return eucJp(Uint8Array.from(announced));
};

/** What an escape sequence designates: the lower (G0) or the upper half of the code table. */
interface Designation {
  readonly half: "lower" | "upper";
  readonly decode: Decode;
}

const upper = (encoding: string): Designation => ({
  half: "upper",
  decode: decoderOf(encoding),
});

const LOWER_ASCII: Designation = { half: "lower", decode: ascii };

/** Escape sequences behind ESC (PS3.3, tables C.12-3 and C.12-4). */
const ESCAPES: readonly (readonly [string, Designation])[] = [
  ["(B", LOWER_ASCII],
  ["(J", { half: "lower", decode: jisRoman }],
  [")I", upper("shift_jis")],
  ["-A", upper("iso-8859-1")],
  ["-B", upper("iso-8859-2")],
  ["-C", upper("iso-8859-3")],
  ["-D", upper("iso-8859-4")],
  ["-L", upper("iso-8859-5")],
  ["-G", upper("iso-8859-6")],
  ["-F", upper("iso-8859-7")],
  ["-H", upper("iso-8859-8")],
  ["-M", upper("iso-8859-9")],
  ["-b", upper("iso-8859-15")],
  ["-T", upper("windows-874")],
  ["$B", { half: "lower", decode: jisX0208 }],
  ["$(D", { half: "lower", decode: jisX0212 }],
  ["$)C", upper("euc-kr")],
  ["$)A", upper("gbk")],
];

const ESC = 0x1b;

/** The designation that an escape sequence at a position makes, and its length. */
const escapeAt = (bytes: Uint8Array, at: number): readonly [Designation, number] | undefined => {
  const text = Buffer.from(bytes.subarray(at + 1, at + 4)).toString("latin1");
  const found = ESCAPES.find(([sequence]) => text.startsWith(sequence));
  return found === undefined ? undefined : [found[1], found[0].length + 1];
};

/** The upper half that the first value of the character set designates from the start. */
const initialUpper = (name: string): Decode | undefined => {
  if (name === "" || name === "ISO_IR 6") return undefined;
  const encoding = SINGLE[name];
  return encoding === undefined ? undefined : decoderOf(encoding);
};

// The lower half goes back to its initial state at these: ends of lines and pages, tabs, and what
// divides values and parts of names.
const RESETS = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x5c, 0x5e, 0x3d]);

/** Decodes text with escape sequences (ISO 2022). */
const decodeExtended = (bytes: Uint8Array, first: string): string | undefined => {
  const start: Decode = first === "ISO_IR 13" ? jisRoman : ascii;
  const startUpper = initialUpper(first);
  let lowerHalf = start;
  let upperHalf = startUpper;
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at] ?? 0;
    if (byte === ESC) {
      const escape = escapeAt(bytes, at);
      if (escape === undefined) return undefined;
      const [{ decode, half }, length] = escape;
      if (half === "lower") lowerHalf = decode;
      else upperHalf = decode;
      at += length;
      continue;
    }
    const isUpper = byte >= 0x80;
    const isDouble = !isUpper && lowerHalf !== ascii && lowerHalf !== jisRoman;
    if (!isUpper && (byte < 0x20 || (!isDouble && RESETS.has(byte)))) {
      // A delimiter stands for itself, whatever the lower half is: `\` divides values.
      text += String.fromCharCode(byte);
      [lowerHalf, upperHalf] = [start, startUpper];
      at += 1;
      continue;
    }
    let end = at + 1;
    const belongs = (next: number): boolean =>
      next !== ESC && next >= 0x80 === isUpper && (isUpper || next >= 0x20);
    while (end < bytes.length && belongs(bytes[end] ?? 0)) {
      if (!isUpper && !isDouble && RESETS.has(bytes[end] ?? 0)) break;
      end += 1;
    }
    const decoded = (isUpper ? upperHalf : lowerHalf)?.(bytes.subarray(at, end));
    if (decoded === undefined) return undefined;
    text += decoded;
    at = end;
  }
  return text;
};

/** Defined terms of a data set's character set; ISO 2022 terms by those without extensions. */
const termsOf = (data: DataSet): readonly string[] =>
  (data.string("x00080005") ?? "")
    .split("\\")
    .map((name) => name.trim().replace(/^ISO 2022 IR/, "ISO_IR"));

const UNDECLARED: readonly string[] = ["", "ISO_IR 6"];

const decodeText = (bytes: Uint8Array, terms: readonly string[]): string | undefined => {
  const [first = "", ...others] = terms;
  // These have no code extensions: a byte of a character may have the value of ESC's successors.
  if (first === "ISO_IR 192" || first === "GB18030" || first === "GBK") {
    return decoderOf(SINGLE[first] ?? "")(bytes);
  }
  if (bytes.includes(ESC) || others.length > 0) return decodeExtended(bytes, first);
  const encoding = SINGLE[first];
  if (encoding !== undefined) return decoderOf(encoding)(bytes);
  if (!bytes.some((byte) => byte >= 0x80)) return ascii(bytes);
  // A file that declares nothing should be ASCII; UTF-8 is the one other reading that proves itself.
  return UNDECLARED.includes(first) ? decoderOf("utf-8")(bytes) : undefined;
};

// Of control characters a text may hold line breaks, page breaks and tabs (PS3.5, 6.1.3).
const FOREIGN = /(?![\t\n\f\r])[\p{Cc}\ufffd]/u;

/**
 * The text of bytes in the character set of their data set; undefined where they are not of it, so
 * that no escape sequence and no replacement character is taken for text.
 */
export function textIn(data: DataSet, bytes: Uint8Array): string | undefined {
  // Padding: UI values end in a null byte, and so do texts of some writers.
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  const text = decodeText(bytes.subarray(0, end), termsOf(data));
  return text === undefined || FOREIGN.test(text) ? undefined : text;
}

/** The text of bytes of a representation that has the default characters alone. */
export function plainTextIn(bytes: Uint8Array): string | undefined {
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  const text = ascii(bytes.subarray(0, end)) ?? "";
  return FOREIGN.test(text) ? undefined : text;
}
