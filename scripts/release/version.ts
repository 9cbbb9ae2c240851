/** The version of a release in the manifest, the lockfile and the changelog. */

const SEMVER = /^(\d+)\.(\d+)\.(\d+)$/;

function partsOf(version: string): readonly number[] {
  const found = SEMVER.exec(version);
  if (found === null) {
    throw new Error(`${version} is not a version: three numbers with dots between them, as 1.4.0`);
  }
  return found.slice(1).map(Number);
}

/** True when one version comes after the other. */
function isAfter(version: string, other: string): boolean {
  const [left, right] = [partsOf(version), partsOf(other)];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at >= 0 && (left[at] ?? 0) > (right[at] ?? 0);
}

const UNRELEASED = /^## \[(\d+\.\d+\.\d+)\] - Unreleased$/m;

/** The version that the changelog calls unreleased, if any. */
export function unreleasedVersion(changelog: string): string | undefined {
  return UNRELEASED.exec(changelog)?.[1];
}

/**
 * The changelog of a release: its heading has the version and the day.
 *
 * @param day the date as `YYYY-MM-DD`.
 * @throws {Error} when it has no unreleased heading, or no text below it.
 */
export function datedChangelog(changelog: string, version: string, day: string): string {
  const found = UNRELEASED.exec(changelog);
  if (found === null) throw new Error("CHANGELOG.md has no heading that ends with: - Unreleased");
  const body = changelog.slice(found.index + found[0].length).split(/^## /m, 1)[0] ?? "";
  if (!body.includes("- ")) throw new Error("CHANGELOG.md says nothing of the release");
  return changelog.replace(UNRELEASED, `## [${version}] - ${day}`);
}

/**
 * Checks that a version may follow the one in the manifest.
 *
 * @param isReleased true: the manifest's version is out, so that the next one must differ.
 * @throws {Error} saying why not.
 */
export function requireNext(version: string, current: string, isReleased: boolean): void {
  const isSame = version === current;
  partsOf(version);
  if (isReleased ? isAfter(version, current) : isSame || isAfter(version, current)) return;
  throw new Error(`${version} does not come after ${current}`);
}

/** A manifest or lockfile of npm with another version of this package. */
export function versioned(text: string, version: string): string {
  const json = JSON.parse(text) as {
    version: string;
    packages?: Record<string, { version?: string }>;
  };
  json.version = version;
  const own = json.packages?.[""];
  if (own !== undefined) own.version = version;
  return `${JSON.stringify(json, null, 2)}\n`;
}
