import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import { hashFile } from "../import/bytes.ts";
import { TableError } from "../import/table-error.ts";

/** A file of a dataset, which may be stored elsewhere. */
export interface BidsFile {
  /** Relative to the dataset's folder, with slashes. */
  readonly path: string;
  readonly size: number;
  readonly sha256?: string;
  readonly md5?: string;
}

/** The files of a dataset, and the content of its sidecars. */
export interface BidsListing {
  readonly files: readonly BidsFile[];
  readonly sidecars: ReadonlyMap<string, JsonObject>;
}

const textIn = (root: string, name: string): string | undefined => {
  for (const [path, unpack] of [
    [name, false],
    [`${name}.gz`, true],
  ] as const) {
    try {
      const bytes = readFileSync(join(root, path));
      return (unpack ? gunzipSync(bytes) : bytes).toString();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return undefined;
};

const parseLine = (line: string, where: string): JsonObject => {
  const value = parseJson(line);
  if (isJsonObject(value)) return value;
  throw new TableError(`${where}: a JSON object was expected`);
};

const parseJson = (text: string): Json | undefined => {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, "")) as Json;
  } catch {
    return undefined;
  }
};

const linesOf = (text: string, name: string): readonly JsonObject[] =>
  text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .map((line, index) => ({ line, where: `${name}, line ${index + 1}` }))
    .filter(({ line }) => line.trim() !== "")
    .map(({ line, where }) => parseLine(line, where));

const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "");

const listed = (line: JsonObject): BidsFile => {
  const { md5, path, sha256, size } = line;
  if (typeof path !== "string" || typeof size !== "number") {
    throw new TableError("files.ndjson: path and size were expected on each line");
  }
  return {
    path,
    size,
    ...(typeof sha256 === "string" ? { sha256 } : {}),
    ...(typeof md5 === "string" ? { md5 } : {}),
  };
};

/** Size and digest in the key of an annexed file, e.g. `MD5E-s1024--<digest>.nii.gz`. */
export function annexKey(target: string): Omit<BidsFile, "path"> | undefined {
  const match = /(?:^|\/)(MD5|SHA256)E?-s(\d+)--([0-9a-f]+)(?:\.[^/]*)?$/.exec(target);
  if (match === null) return undefined;
  const [, kind, size, digest = ""] = match;
  return { size: Number(size), ...(kind === "MD5" ? { md5: digest } : { sha256: digest }) };
}

const walk = function* (root: string, folder = ""): Generator<BidsFile> {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  for (const entry of entries.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    if (entry.name.startsWith(".")) continue;
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(root, path);
    else if (entry.isSymbolicLink()) {
      const key = annexKey(readlinkSync(join(root, path)));
      if (key !== undefined) yield { path, ...key };
    } else yield { path, size: lstatSync(join(root, path)).size };
  }
};

/** Digests are computed on demand: a dataset can have terabytes. */
export async function digestOf(root: string, file: BidsFile): Promise<BidsFile> {
  if (file.sha256 !== undefined || file.md5 !== undefined) return file;
  return { ...file, sha256: await hashFile(join(root, file.path)) };
}

const sidecarIn = (root: string, path: string): readonly (readonly [string, JsonObject])[] => {
  try {
    const value = parseJson(readFileSync(join(root, path), "utf8"));
    return isJsonObject(value) ? [[path, value]] : [];
  } catch (error) {
    // An annexed file that was not fetched, or one of a listing.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
};

/**
 * Lists a dataset: its files on disk or, for a dataset without its images, those that
 * `files.ndjson` names (`path`, `size`, `sha256` or `md5`) with the sidecars of `sidecars.ndjson`
 * (`path`, `json`); both may be gzip.
 */
export function listDataset(root: string): BidsListing {
  const list = textIn(root, "files.ndjson");
  const files = list === undefined ? [...walk(root)] : linesOf(list, "files.ndjson").map(listed);
  const described = linesOf(textIn(root, "sidecars.ndjson") ?? "", "sidecars.ndjson").map(
    (line) => [textOf(line["path"]), isJsonObject(line["json"]) ? line["json"] : {}] as const,
  );
  const known = new Set(described.map(([path]) => path));
  const others = files.filter(({ path }) => path.endsWith(".json") && !known.has(path));
  const read = others.flatMap(({ path }) => sidecarIn(root, path));
  return { files, sidecars: new Map([...described, ...read]) };
}
