/**
 * Keys of objects: only the server builds them, so that a caller can neither choose nor escape one.
 */
export { isAddressable, isGroup, isKey, keyOf } from "../model/object-key.ts";

const encoder = new TextEncoder();

const NAME_BYTES_MAX = 255;
const EXTENSION = /\.[A-Za-z0-9]{1,16}(?:\.[A-Za-z0-9]{1,4})?$/;

/** The longest prefix of a string that fits into so many bytes, in whole characters. */
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
 * everything else becomes `_`. Compatibility forms are decomposed first, so that none of them can
 * become a dot or a slash afterwards.
 */
export function sanitisedName(filename: string): string {
  const plain = filename
    .normalize("NFKC")
    .replaceAll(/[^\p{L}\p{M}\p{N}._-]/gu, "_")
    .replaceAll(/\.{2,}/g, ".")
    .replaceAll(/^[.\p{M}]+|\.+$/gu, "");
  return shortened(plain) || "file";
}

/** The key of a new upload. `id` is unique and sorts by time. */
export function uploadKey(group: string, id: string, filename: string): string {
  return `${group}/${id}/${sanitisedName(filename)}`;
}

/** The key of an export's file, for one attempt. */
export function exportKey(id: string, attempt: number, filename: string): string {
  return `exports/${id}/${attempt}/${filename}`;
}

/** The key of a part of the list of an export's rows; parts count from 0. */
export function exportRowsKey(id: string, attempt: number, part: number): string {
  return `exports/${id}/${attempt}/rows-${part}.json`;
}

/** The key of a task's response. `secret` is unknown to anybody who could name it elsewhere. */
export function taskKey(id: string, secret: string): string {
  return `_tasks/${id}/${secret}`;
}

/** A key percent-encoded segment by segment, as in a URL (RFC 3986). */
export function encodedKey(key: string): string {
  return key
    .split("/")
    .map((segment) =>
      encodeURIComponent(segment).replaceAll(
        /[!'()*]/g,
        (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    )
    .join("/");
}
