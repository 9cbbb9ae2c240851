/** Keys of objects: built by the server alone, so that a caller can neither choose nor escape one. */
import { LIMITS } from "../model/limits.ts";

const encoder = new TextEncoder();

/** What the server keeps for itself: files of exports lie here, and no group may have its name. */
const EXPORTS_GROUP = "exports";

const GROUP = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9_-])?$/;

/** True for a group of uploads: one segment of a key, of letters, digits, `.`, `_` and `-`. */
export const isGroup = (text: string): boolean =>
  GROUP.test(text) && !text.includes("..") && text.toLowerCase() !== EXPORTS_GROUP;

const NAME_BYTES_MAX = 255;
const EXTENSION = /\.[A-Za-z0-9]{1,16}(?:\.[A-Za-z0-9]{1,4})?$/;

/** The longest beginning of a text that fits into so many bytes, in whole characters. */
const beginning = (text: string, bytes: number): string => {
  let kept = "";
  let left = bytes;
  for (const character of text) {
    left -= encoder.encode(character).length;
    if (left < 0) break;
    kept += character;
  }
  return kept;
};

const shortened = (name: string): string => {
  if (encoder.encode(name).length <= NAME_BYTES_MAX) return name;
  const extension = EXTENSION.exec(name)?.[0] ?? "";
  return `${beginning(name.slice(0, name.length - extension.length), NAME_BYTES_MAX - extension.length)}${extension}`;
};

/**
 * A file's name as the last segment of a key: letters and digits of any script, `.`, `_` and `-`;
 * everything else becomes `_`. Compatibility forms are unfolded first, so that none of them can
 * stand for a dot or a slash afterwards.
 */
export const sanitisedName = (filename: string): string => {
  const plain = filename
    .normalize("NFKC")
    .replaceAll(/[^\p{L}\p{M}\p{N}._-]/gu, "_")
    .replaceAll(/\.{2,}/g, ".")
    .replaceAll(/^[.\p{M}]+|\.+$/gu, "");
  return shortened(plain) || "file";
};

/** The key of a new upload. `id` is unique and sorts by time. */
export const uploadKey = (group: string, id: string, filename: string): string =>
  `${group}/${id}/${sanitisedName(filename)}`;

/** The key of an export's file, of one attempt. */
export const exportKey = (id: string, attempt: number, filename: string): string =>
  `${EXPORTS_GROUP}/${id}/${attempt}/${filename}`;

// Control characters, and what URL parsers take for a slash or drop without a word.
const FORBIDDEN = /[\p{Cc}\\]/u;

/**
 * True for a key that reads the same in a URL: no empty or dot segments, which a URL would resolve
 * to another place.
 */
export const isKey = (text: string): boolean =>
  text !== "" &&
  text.length <= LIMITS.objectKeyBytesMax &&
  text.isWellFormed() &&
  encoder.encode(text).length <= LIMITS.objectKeyBytesMax &&
  !FORBIDDEN.test(text) &&
  text.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..");

/** True for a key that callers may ask for by name. */
export const isAddressable = (key: string): boolean =>
  isKey(key) && !key.startsWith(`${EXPORTS_GROUP}/`);

/** The key that a `path` stands for: itself, or that of an `s3://` address in our bucket. */
export const keyOf = (path: string, bucket: string): string => {
  const address = `s3://${bucket}/`;
  return path.startsWith(address) ? path.slice(address.length) : path;
};

/** A key percent-encoded segment by segment, as it stands in a URL (RFC 3986). */
export const encodedKey = (key: string): string =>
  key
    .split("/")
    .map((segment) =>
      encodeURIComponent(segment).replaceAll(
        /[!'()*]/g,
        (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    )
    .join("/");
