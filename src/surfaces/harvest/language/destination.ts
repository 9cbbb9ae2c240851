/** Destinations of files, and safe paths. */

const hasControl = (text: string): boolean =>
  [...text].some((character) => character < " " || character === "\u007F");

/**
 * True for a path below a folder: relative, with `/` between segments, none of which is empty, `.`
 * or `..`.
 */
export function isPathBelow(path: string): boolean {
  return (
    path !== "" &&
    !hasControl(path) &&
    !path.includes("\\") &&
    path.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..")
  );
}

/** True for a string that, as a part of a path, cannot leave its folder. */
export function isPathPart(text: string): boolean {
  return (
    !hasControl(text) && text.split(/[/\\]/).every((segment) => segment !== "." && segment !== "..")
  );
}

/** The path of a file at its destination: base, instrument and path, with `/` between them. */
export function destinationOf(base: string, instrument: string, sourcePath: string): string {
  return `${base.replace(/\/+$/, "")}/${instrument}/${sourcePath}`;
}

/** The key of a destination in a bucket. */
export function keyOf(destination: string): string {
  return destination.replace(/^\/+/, "");
}
