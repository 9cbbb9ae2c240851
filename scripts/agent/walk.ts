import { opendir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isPathBelow } from "../../src/surfaces/harvest/language/destination.ts";

/** A file that was found. */
export interface FoundFile {
  /** Path below the folder, with `/` between segments. */
  readonly sourcePath: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly modTime: string;
}

/** Called with what is skipped, and why. */
export type OnOmitted = (path: string, reason: string) => void;

const compare = (one: string, other: string): number => (one < other ? -1 : 1);

const namesIn = async (folder: string, onOmitted: OnOmitted) => {
  try {
    const directory = await opendir(folder);
    const entries: { readonly name: string; readonly isFolder: boolean }[] = [];
    for await (const entry of directory) {
      // Links could lead out of the folder, or be circular.
      if (entry.isDirectory() || entry.isFile()) {
        entries.push({ name: entry.name, isFolder: entry.isDirectory() });
      }
    }
    return entries.toSorted((one, other) => compare(one.name, other.name));
  } catch (error) {
    onOmitted(folder, (error as Error).message);
    return [];
  }
};

const fileAt = async (
  path: string,
  sourcePath: string,
  onOmitted: OnOmitted,
): Promise<FoundFile | undefined> => {
  if (!isPathBelow(sourcePath)) {
    onOmitted(path, "its name cannot be part of a path everywhere");
    return undefined;
  }
  try {
    const { size, mtime } = await stat(path);
    return { sourcePath, path, sizeBytes: size, modTime: mtime.toISOString() };
  } catch (error) {
    onOmitted(path, (error as Error).message);
    return undefined;
  }
};

/** All files below a folder, by name; links are not followed. */
export async function* walk(
  root: string,
  onOmitted: OnOmitted,
  below = "",
): AsyncGenerator<FoundFile, void, undefined> {
  for (const { name, isFolder } of await namesIn(join(root, below), onOmitted)) {
    const sourcePath = below === "" ? name : `${below}/${name}`;
    if (isFolder) {
      yield* walk(root, onOmitted, sourcePath);
    } else {
      const file = await fileAt(join(root, sourcePath), sourcePath, onOmitted);
      if (file !== undefined) yield file;
    }
  }
}
