import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import type { DataSet } from "dicom-parser";
import type { Json } from "../../model/json.ts";
import type { MappingPlan } from "../import/compile.ts";
import { MappingError } from "../import/compile.ts";
import type { RowIssue } from "../import/field.ts";
import type { RowSource } from "../import/source.ts";
import { hashFile } from "../import/bytes.ts";
import { TableError } from "../import/table-error.ts";
import { type TablePart, type TableRow } from "../import/table.ts";
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

/** Of the item that qualifies the issuer: an identifier that is unique everywhere, and its type. */
const UNIVERSAL = [
  { keyword: "UniversalEntityID", tag: "x00400032", vr: "UT", personal: true },
  { keyword: "UniversalEntityIDType", tag: "x00400033", vr: "CS", personal: true },
] as const;

/**
 * Whose a Patient ID is: it holds within its issuer alone (PS3.3, C.7.1.1 and 10.14). A backslash
 * divides values in DICOM, so it is in no identifier and no two pairs look alike.
 */
const patientKey = (
  data: DataSet,
  read: (attribute: Attribute) => Json | undefined,
): string | undefined => {
  const id = textOf(read(OWNERS.patient));
  if (id === "") return undefined;
  const qualifiers = data.elements[QUALIFIERS.tag]?.items?.[0]?.dataSet;
  const universal =
    qualifiers === undefined ? [] : UNIVERSAL.map((one) => textOf(readAttribute(qualifiers, one)));
  const parts = [id, textOf(read(ISSUER)), ...universal];
  const last = parts.findLastIndex((part) => part !== "");
  return parts.slice(0, last + 1).join("\\");
};

/**
 * The keys that link a file to its patient, study and series. Without them the file stands alone,
 * so that no two persons are merged.
 */
const keysOf = (
  data: DataSet,
  read: (attribute: Attribute) => Json | undefined,
  sha256: string,
) => {
  const study = textOf(read(OWNERS.study)) || `file-${sha256}`;
  return {
    "patient.key": patientKey(data, read) ?? `study ${study}`,
    "study.key": study,
    "series.key": textOf(read(OWNERS.series)) || `file-${sha256}`,
  };
};

const ISSUER = named("IssuerOfPatientID");
const QUALIFIERS = named("IssuerOfPatientIDQualifiersSequence");

/** Bytes up to which a file is read as a whole, and of the beginning of a larger one. */
const WHOLE_BYTES_MAX = 256 * 1024 * 1024;
const BEGINNING_BYTES = 16 * 1024 * 1024;

/** The directory of a disc (PS3.10, section 8): it is no image, and belongs to no patient. */
const DIRECTORY = "1.2.840.10008.1.3.10";
const CLASS = named("MediaStorageSOPClassUID");

const PREAMBLE_BYTES = 128;
const PREFIX = "DICM";
/** Names that files of DICOM data have. */
const NAMES = /\.(?:dcm|dicom|dic|ima)$/i;

/**
 * True for a file that holds DICOM data, or should: by its prefix (PS3.10, 7.1), by its name, or
 * because it begins as a data set without the prefix does, with an element of the group 0008.
 */
const isDicom = (path: string, bytes: Uint8Array): boolean => {
  const prefix = Buffer.from(bytes.subarray(PREAMBLE_BYTES, PREAMBLE_BYTES + PREFIX.length));
  if (prefix.toString("latin1") === PREFIX || NAMES.test(path)) return true;
  const [low, high, element, zero] = bytes;
  if (bytes.length < 8 || element === undefined) return false;
  return (low === 8 && high === 0 && zero === 0) || (low === 0 && high === 8 && element === 0);
};

interface Content {
  readonly data: DataSet;
  readonly sha256: string;
}

/** Reads a file; undefined for one that is no DICOM file. */
const readFile = async (path: string, size: number): Promise<Content | undefined> => {
  if (size <= WHOLE_BYTES_MAX) {
    const bytes = readFileSync(path);
    if (!isDicom(path, bytes)) return undefined;
    return { data: parseDicom(bytes), sha256: createHash("sha256").update(bytes).digest("hex") };
  }
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(BEGINNING_BYTES), 0, BEGINNING_BYTES, 0);
    if (!isDicom(path, buffer)) return undefined;
    return { data: parseBeginning(buffer, size), sha256: await hashFile(path) };
  } finally {
    await file.close();
  }
};

interface FileAt {
  readonly path: string;
  readonly size: number;
  readonly line: number;
}

const cellsOf = (
  root: string,
  { line, path, size }: FileAt,
  { data, sha256 }: Content,
  attributes: ReadonlyMap<string, Attribute>,
): TableRow => {
  const unreadable = new Map<string, RowIssue>();
  const read = (attribute: Attribute) =>
    readAttribute(data, attribute, ({ keyword }) => {
      const detail = "the text is not of the file's character set, and was left out";
      unreadable.set(keyword, { column: keyword, code: "unreadable_text", detail });
    });
  const cells = new Map<string, Json>([
    ...Object.entries(keysOf(data, read, sha256)),
    ["file.path", relative(root, path).split(sep).join("/")],
    ["file.name", basename(path)],
    ["file.size", size],
    ["file.sha256", sha256],
  ]);
  for (const [column, attribute] of attributes) {
    const value = read(attribute);
    if (value !== undefined) cells.set(column, value);
  }
  return { line, cells, remarks: [...unreadable.values()] };
};

const rowOf = async (
  root: string,
  file: FileAt,
  attributes: ReadonlyMap<string, Attribute>,
): Promise<TableRow> => {
  const { line, path, size } = file;
  try {
    const content = await readFile(path, size);
    if (content === undefined) return { line, leftOut: "no DICOM file" };
    const isDirectory = readAttribute(content.data, CLASS) === DIRECTORY;
    if (isDirectory) return { line, leftOut: "the directory of a disc (DICOMDIR)" };
    return cellsOf(root, file, content, attributes);
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
  if (registers) keywords.push("PatientID with its issuer (as external identifier)");
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
    kind: "dicom",
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
    fileOf: (line) => files[line - 1],
    parts: async function* (): AsyncGenerator<TablePart> {
      let bytesRead = 0;
      let data = 0;
      for (const [index, path] of files.entries()) {
        bytesRead += sizes[index] ?? 0;
        const file = { path, size: sizes[index] ?? 0, line: index + 1 };
        const row = await rowOf(root, file, attributes);
        if (!("leftOut" in row)) data += 1;
        yield { rows: [row], bytesRead };
      }
      if (data === 0) throw new TableError(`${root} holds no DICOM file`);
    },
  };
}
