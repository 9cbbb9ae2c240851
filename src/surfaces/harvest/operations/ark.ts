/** Archival Resource Keys of files. */

/** The prefix of the ARKs of an installation. */
export interface ArkPlace {
  /** Name assigning authority number. */
  readonly naan: string;
  readonly shoulder: string;
}

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** Base32 (RFC 4648) in lower case, without padding. */
const base32 = (bytes: readonly number[]): string => {
  const bits = bytes.map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const groups = bits.match(/.{1,5}/g) ?? [];
  return groups.map((group) => ALPHABET[Number.parseInt(group.padEnd(5, "0"), 2)] ?? "").join("");
};

/** The ARK of a UUID: `ark:/<NAAN>/<shoulder>` and the UUID's bytes as 26 letters and digits. */
export function arkOf({ naan, shoulder }: ArkPlace, uuid: string): string {
  const hex = uuid.replaceAll("-", "").match(/../g) ?? [];
  return `ark:/${naan}/${shoulder}${base32(hex.map((pair) => Number.parseInt(pair, 16)))}`;
}
