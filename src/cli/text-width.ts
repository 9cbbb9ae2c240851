/** How many columns of a terminal a text takes. */
import { eastAsianWidth } from "get-east-asian-width";

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Characters that take no column of their own: marks, joiners, selectors of a form. */
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}\p{Default_Ignorable_Code_Point}]+$/u;
const EMOJI = /^\p{RGI_Emoji}$/v;
const ASCII = /^[\x20-\x7e]*$/;

const graphemeWidth = (text: string): number => {
  if (ZERO_WIDTH.test(text)) return 0;
  if (EMOJI.test(text)) return 2;
  return eastAsianWidth(text.codePointAt(0) ?? 0, { ambiguousAsWide: false });
};

/** The columns of a text without control characters: 2 for wide characters, 0 for combining ones. */
export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** The beginning of a text that fits into so many columns, with `…` where something is left out. */
export function cutToWidth(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let cut = "";
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    width += graphemeWidth(segment);
    if (width > columns - 1) break;
    cut += segment;
  }
  return `${cut}…`;
}

/** Pads a text with spaces to so many columns. */
export function padToWidth(text: string, columns: number, side: "left" | "right"): string {
  const spaces = " ".repeat(Math.max(0, columns - textWidth(text)));
  return side === "left" ? `${spaces}${text}` : `${text}${spaces}`;
}
