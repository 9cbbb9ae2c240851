/** Notices what is saved in this clone beside the source of the Worker. */
import { watch } from "node:fs";
import { sep } from "node:path";

/** One save is often several events: they are taken together. */
const TOGETHER_MILLIS = 100;

/** What is made out of the packages, by whichever server starts. */
const isMade = (name: string): boolean => name.split(sep).includes("vendor");

/**
 * Calls back after files of a folder were saved, removed or added, until the answer is called.
 *
 * @param file the only one that is meant; without it all are, in folders of the folder as well.
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
