import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import type { Json } from "../../model/json.ts";
import type { MappingPlan } from "../import/compile.ts";
import { MappingError } from "../import/compile.ts";
import type { RowSource } from "../import/source.ts";
import { hashFile, TableError, type TablePart, type TableRow } from "../import/table.ts";
import { type Attribute, ATTRIBUTES, attributeOf } from "./attributes.ts";
import { DicomError, parseBeginning, parseDicom, readAttribute } from "./read.ts";

/** Columns that the reader computes beside the attributes. */
const COMPUTED = [
  "file.path",
  "file.name",
  "file.size",
  "file.sha256",
  "patient.key",
  "study.key",
  "series.key",
] as const;

/** Files of a folder and its subfolders, in a stable order. */
const filesBelow = (root: string): readonly string[] => {
  if (!statSync(root).isDirectory()) return [root];
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted((left, right) => (left < right ? -1 : 1));
};

/** The attributes that a mapping names: no other leaves the file. */
export function mappedAttributes(plan: MappingPlan): ReadonlyMap<string, Attribute> {
  const computed: readonly string[] = COMPUTED;
  const names = [...plan.columns].filter((name) => !computed.includes(name));
  const unknown = names.filter((name) => attributeOf(name) === undefined);
  if (unknown.length > 0) {
    throw new MappingError(
      unknown.map((name) => `\${${name}}: neither a keyword that is known here nor a tag`),
    );
  }
  return new Map(
    names.flatMap((name) => {
      const attribute = attributeOf(name);
      return attribute === undefined ? [] : [[name, attribute] as const];
    }),
  );
}

const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "");

const named = (keyword: string): Attribute => {
  const attribute = ATTRIBUTES.get(keyword);
  if (attribute === undefined) throw new Error(`no such attribute: ${keyword}`);
  return attribute;
};

const OWNERS = {
  patient: named("PatientID"),
  study: named("StudyInstanceUID"),
  series: named("SeriesInstanceUID"),
} as const;

/**
 * The keys that link a file to its patient, study and series. Without them the file stands alone,
 * so that no two persons are merged.
 */
const keysOf = (read: (attribute: Attribute) => Json | undefined, sha256: string) => {
  const study = textOf(read(OWNERS.study)) || `file-${sha256}`;
  return {
    "patient.key": textOf(read(OWNERS.patient)) || `study ${study}`,
    "study.key": study,
    "series.key": textOf(read(OWNERS.series)) || `file-${sha256}`,
  };
};

/** Bytes up to which a file is read as a whole, and of the beginning of a larger one. */
const WHOLE_BYTES_MAX = 256 * 1024 * 1024;
const BEGINNING_BYTES = 16 * 1024 * 1024;

const readFile = async (path: string, size: number) => {
  if (size <= WHOLE_BYTES_MAX) {
    const bytes = readFileSync(path);
    return { data: parseDicom(bytes), sha256: createHash("sha256").update(bytes).digest("hex") };
  }
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(BEGINNING_BYTES), 0, BEGINNING_BYTES, 0);
    return { data: parseBeginning(buffer, size), sha256: await hashFile(path) };
  } finally {
    await file.close();
  }
};

const rowOf = async (
  root: string,
  file: { readonly path: string; readonly size: number; readonly line: number },
  attributes: ReadonlyMap<string, Attribute>,
): Promise<TableRow> => {
  const { line, path, size } = file;
  try {
    const { data, sha256 } = await readFile(path, size);
    const read = (attribute: Attribute) => readAttribute(data, attribute);
    const cells = new Map<string, Json>([
      ...Object.entries(keysOf(read, sha256)),
      ["file.path", relative(root, path).split(sep).join("/")],
      ["file.name", basename(path)],
      ["file.size", size],
      ["file.sha256", sha256],
    ]);
    for (const [column, attribute] of attributes) {
      const value = read(attribute);
      if (value !== undefined) cells.set(column, value);
    }
    return { line, cells };
  } catch (error) {
    if (!(error instanceof DicomError)) throw error;
    return { line, error: `no readable DICOM file: ${error.message}` };
  }
};

const tellPersonal = (
  attributes: ReadonlyMap<string, Attribute>,
  registers: boolean,
  say: (line: string) => void,
): void => {
  const personal = [...attributes.values()].filter((one) => one.personal);
  const keywords = personal.map(({ keyword }) => keyword).toSorted();
  if (registers) keywords.push("PatientID (as external identifier)");
  if (keywords.length === 0) return;
  say(`of what may tell who a person is, the mapping sends: ${keywords.join(", ")}`);
};

/**
 * The DICOM files of a folder as rows: the attributes that the mapping names, by keyword or tag.
 */
export function dicomSource(
  root: string,
  plan: MappingPlan,
  say: (line: string) => void,
): RowSource {
  const attributes = mappedAttributes(plan);
  tellPersonal(attributes, plan.columns.has("patient.key"), say);
  const files = filesBelow(root);
  if (files.length === 0) throw new TableError(`${root} holds no files`);
  const sizes = files.map((path) => statSync(path).size);
  const names = files.map((path) => relative(root, path).split(sep).join("/") || basename(path));
  return {
    bytesTotal: sizes.reduce((sum, size) => sum + size, 0),
    fingerprint: async () => {
      const hash = createHash("sha256");
      for (const path of files) {
        const { mtimeMs, size } = statSync(path);
        hash.update(`${path}\n${size}\n${mtimeMs}\n`);
      }
      return hash.digest("hex");
    },
    placeOf: (line) => names[line - 1],
    parts: async function* (): AsyncGenerator<TablePart> {
      let bytesRead = 0;
      for (const [index, path] of files.entries()) {
        bytesRead += sizes[index] ?? 0;
        const file = { path, size: sizes[index] ?? 0, line: index + 1 };
        yield { rows: [await rowOf(root, file, attributes)], bytesRead };
      }
    },
  };
}
