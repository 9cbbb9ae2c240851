import { SCHEMA_BOUNDS } from "./bounds.ts";

const CORE = String.raw`(0|[1-9]\d{0,8})`;
const IDENTIFIER = String.raw`(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)`;
const PATTERN = new RegExp(
  String.raw`^${CORE}\.${CORE}\.${CORE}(?:-(${IDENTIFIER}(?:\.${IDENTIFIER})*))?(?:\+[0-9A-Za-z.-]+)?$`,
);

/** True for a semantic version (semver.org 2.0.0) such as `1.4.0` or `2.0.0-rc.1`. */
export function isVersion(text: string): boolean {
  return text.length <= SCHEMA_BOUNDS.versionLengthMax && PATTERN.test(text);
}

const compareIdentifiers = (left: string, right: string): number => {
  const numeric = [/^\d+$/.test(left), /^\d+$/.test(right)];
  if (numeric[0] && numeric[1]) return Math.sign(Number(left) - Number(right));
  if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
  return left < right ? -1 : left > right ? 1 : 0;
};

const comparePreReleases = (left: string | undefined, right: string | undefined): number => {
  if (left === undefined || right === undefined) {
    return left === right ? 0 : left === undefined ? 1 : -1;
  }
  const [ours, theirs] = [left.split("."), right.split(".")];
  for (const [index, identifier] of ours.entries()) {
    const other = theirs[index];
    const order = other === undefined ? 1 : compareIdentifiers(identifier, other);
    if (order !== 0) return order;
  }
  return ours.length < theirs.length ? -1 : 0;
};

/** Order of two semantic versions: negative, zero or positive. Build metadata does not count. */
export function compareVersions(left: string, right: string): number {
  const [ours, theirs] = [PATTERN.exec(left) ?? [], PATTERN.exec(right) ?? []];
  for (const part of [1, 2, 3]) {
    const order = Number(ours[part] ?? 0) - Number(theirs[part] ?? 0);
    if (order !== 0) return Math.sign(order);
  }
  return comparePreReleases(ours[4], theirs[4]);
}
