/** Watches files of this clone other than the source of the Worker. */
import { watch } from "node:fs";
import { sep } from "node:path";

/** One save often causes several events: they are merged. */
const TOGETHER_MILLIS = 100;

/** Files that are generated from packages when a server starts. */
const isMade = (name: string): boolean => name.split(sep).includes("vendor");

/**
 * Calls back after files of a folder were saved, removed or added, until the returned function is
 * called.
 *
 * @param file the only file to watch; without it all are, including subfolders.
 */
export const watchFolder = (folder: string, onSave: () => void, file?: string): (() => void) => {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(folder, { recursive: file === undefined }, (_event, name) => {
    if (name === null || isMade(name) || (file !== undefined && name !== file)) return;
    clearTimeout(timer);
    timer = setTimeout(onSave, TOGETHER_MILLIS);
  });
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
};
