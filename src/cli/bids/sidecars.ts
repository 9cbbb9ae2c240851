import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import { ATTRIBUTES } from "../dicom/attributes.ts";
import { groupBy } from "../support/group.ts";
import { inherits } from "./entities.ts";

const isPersonal = (name: string): boolean => ATTRIBUTES.get(name)?.personal === true;

/**
 * A sidecar without identifying members: BIDS takes its names from DICOM, and those that the Basic
 * Profile removes are left out, at any depth.
 */
export function withoutPersonal(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(withoutPersonal);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !isPersonal(name))
      .map(([name, inner]) => [name, withoutPersonal(inner)]),
  );
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);

const foldersAbove = (path: string): readonly string[] => {
  const folders = [""];
  for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) {
    folders.push(path.slice(0, at + 1));
  }
  return folders;
};

/** Merges all sidecars of a file: the nearer one wins. */
export const createInheritance = (sidecars: ReadonlyMap<string, JsonObject>) => {
  const byFolder = groupBy(sidecars, ([path]) => folderOf(path));
  return (file: string): JsonObject => {
    const found = foldersAbove(file).flatMap((folder) =>
      (byFolder.get(folder) ?? [])
        .filter(([path]) => path !== file && inherits(path, file))
        // Within one folder the longer name is more specific.
        .toSorted(([left], [right]) => left.length - right.length),
    );
    return Object.assign({}, ...found.map(([, json]) => json)) as JsonObject;
  };
};
