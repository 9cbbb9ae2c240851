import {
  appendFileSync,
  existsSync,
  mkdirSync,
  openAsBlob,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { createHash } from "node:crypto";
import { basename, join, resolve } from "node:path";
import {
  ConnectionError,
  type Uploaded,
  type UploadedAt,
  type UploadProgress,
} from "../../client/index.ts";
import { type Command, type Context, EXIT, UsageError, wholeNumber } from "../command.ts";
import { hashFile } from "../import/bytes.ts";
import { appendRest } from "../files.ts";
import { createMeter } from "../meter.ts";
import { jsonText, show } from "../print.ts";

/** A line of the journal: a file that has arrived, with its size and time then. */
interface Line extends Uploaded {
  readonly file: string;
  readonly mtime_ms: number;
}

const journalOf = (path: string | undefined): ReadonlyMap<string, Line> => {
  if (path === undefined || !existsSync(path)) return new Map();
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return new Map(
    lines.flatMap((line) => {
      try {
        const entry = JSON.parse(line) as Line;
        return [[entry.file, entry] as const];
      } catch {
        // Cut off when a run was killed.
        return [];
      }
    }),
  );
};

const printUploaded = ({ json, print }: Context, line: Line): void =>
  print(json ? jsonText(line) : `${show(line.path)}\t${show(line.file)}`);

interface Local {
  readonly file: string;
  readonly size: number;
  readonly mtime: number;
}

const localOf = (word: string): Local => {
  const file = resolve(word);
  const { size, mtimeMs } = statSync(file);
  return { file, size, mtime: mtimeMs };
};

/** `vxdata upload` */
export const upload: Command = {
  name: "upload",
  summary: "Upload files to the bucket, and have them checked",
  usage: "[options] --group NAME FILE...",
  about: [
    "Prints the key of each object, which a resource names in s3_path. With --journal what has arrived is remembered: run again, the same command sends only the files that have not, or that were changed.",
    "The name of a file becomes part of its key: it should say nothing about a person.",
  ],
  options: {
    group: { value: "NAME", about: "first part of the keys, e.g. a project" },
    type: { value: "TYPE", about: "media type of all of them, e.g. application/dicom" },
    concurrency: { value: "N", about: "files under way at once, 1 to 16 (default 4)" },
    journal: { value: "FILE", about: "what has arrived, a JSON value a line" },
    "dry-run": { about: "say what would be sent, and send nothing" },
  },
  shared: "write",
  examples: [
    "vxdata upload --group cohort-7 --type application/dicom *.dcm",
    "vxdata upload --group cohort-7 --journal done.ndjson scans/*.nii.gz",
  ],
  run: async (context) => {
    const { aside, client, given } = context;
    const group = given.text("group");
    if (group === undefined) throw new UsageError("--group is needed");
    if (given.words.length === 0) throw new UsageError("at least one FILE is needed");
    const concurrency = wholeNumber("concurrency", given.text("concurrency") ?? "4", 1, 16);
    const journal = given.text("journal");
    const known = journalOf(journal);
    const locals = given.words.map(localOf);
    const left = locals.filter(({ file, mtime, size }) => {
      const entry = known.get(file);
      return entry === undefined || entry.size_bytes !== size || entry.mtime_ms !== mtime;
    });
    if (given.flag("dry-run")) {
      for (const { file, size } of left) aside.write(`${show(file)}: ${size} bytes\n`);
      return EXIT.done;
    }
    for (const { file } of locals) {
      const entry = known.get(file);
      if (entry !== undefined && !left.some((one) => one.file === file))
        printUploaded(context, entry);
    }
    const type = given.text("type");
    const meter = createMeter(
      aside,
      left.reduce((sum, { size }) => sum + size, 0),
    );
    // File by file, so that the journal lists what has arrived when a later one fails.
    const settle = ({ index, ...uploaded }: UploadedAt): void => {
      const local = left[index] as Local;
      const line: Line = { ...uploaded, file: local.file, mtime_ms: local.mtime };
      if (journal !== undefined) {
        appendFileSync(journal, `${JSON.stringify(line)}\n`, { mode: 0o600 });
      }
      meter.end();
      printUploaded(context, line);
    };
    const files = left.map(({ file }) => ({
      name: basename(file),
      data: async () => openAsBlob(file),
      ...(type === undefined ? {} : { content_type: type }),
    }));
    const onProgress = ({ bytesDone, filesDone }: UploadProgress): void =>
      meter.update(bytesDone, `${filesDone} of ${left.length} files`);
    try {
      await client().upload(files, { group, concurrency, onProgress, onUploaded: settle });
    } finally {
      meter.end();
    }
    return EXIT.done;
  },
};

/** The file in which a partial download grows until it is complete. */
const partOf = (target: string, path: string): string =>
  `${target}.${createHash("sha256").update(path).digest("hex").slice(0, 8)}.part`;

/** Resolves a word: a resource's object, or an object by its key. */
const sourceOf = async (
  { client }: Context,
  word: string,
): Promise<{ readonly path: string; readonly sha256: string | undefined }> => {
  const resource = await client().get(word);
  const path = resource?.["s3_path"];
  if (typeof path !== "string") return { path: word, sha256: undefined };
  const digest = resource?.["sha256"];
  return { path, sha256: typeof digest === "string" ? digest : undefined };
};

/** Where an object is written to. @throws {UsageError} when another file is there. */
const targetOf = async (
  { given }: Context,
  path: string,
  sha256: string | undefined,
): Promise<{ readonly target: string; readonly complete: boolean }> => {
  const name = basename(path);
  if (["", ".", ".."].includes(name)) throw new UsageError(`${path} is no name of a file`);
  const target = join(given.text("output") ?? ".", name);
  if (!existsSync(target) || given.flag("force")) return { target, complete: false };
  const complete = sha256 !== undefined && (await hashFile(target)) === sha256;
  if (complete) return { target, complete };
  throw new UsageError(`${target} is there already: --force replaces it`);
};

const fetchObject = async (context: Context, word: string): Promise<string> => {
  const { aside, client, signal } = context;
  const { path, sha256 } = await sourceOf(context, word);
  const { complete, target } = await targetOf(context, path, sha256);
  if (complete) {
    aside.write(`${show(target)} is there already\n`);
    return target;
  }
  // A partial file of this very object: an object is never replaced under its key.
  const part = partOf(target, path);
  const offset = existsSync(part) ? statSync(part).size : 0;
  const meter = createMeter(aside, undefined);
  try {
    await appendRest(part, offset, {
      from: async (at) => client().download(path, { offset: at }),
      told: (bytes) => meter.update(bytes, basename(path)),
      signal,
    });
  } catch (error) {
    // All of it had arrived: there is no byte from here on.
    const status = error instanceof Error && "status" in error ? error.status : 0;
    if (status !== 416) throw error;
  } finally {
    meter.end();
  }
  if (sha256 !== undefined && (await hashFile(part)) !== sha256) {
    rmSync(part);
    throw new ConnectionError(`${word}: the bytes that came are not those of the resource`);
  }
  renameSync(part, target);
  return target;
};

/** `vxdata download` */
export const download: Command = {
  name: "download",
  summary: "Download objects of the bucket",
  usage: "[options] ID|KEY...",
  about: [
    "By the identifier of a resource that names an object, or by the object's key. The digest of the resource is checked. A file that broke off is gone on with when the same command is run again; one that is there already is left alone.",
  ],
  options: {
    output: {
      value: "DIR",
      short: "o",
      about: "the folder to write to, made if it is not there (default: here)",
    },
    force: { about: "replace a file that is there already with other bytes" },
  },
  shared: "read",
  examples: ["vxdata download tour/ct-1", "vxdata download -o scans tour/ct-1 tour/dx-1"],
  run: async (context) => {
    const { given, json, print } = context;
    if (given.words.length === 0) throw new UsageError("at least one ID or KEY is needed");
    mkdirSync(given.text("output") ?? ".", { recursive: true });
    for (const word of given.words) {
      const file = await fetchObject(context, word);
      print(json ? jsonText({ source: word, file }) : show(file));
    }
    return EXIT.done;
  },
};
