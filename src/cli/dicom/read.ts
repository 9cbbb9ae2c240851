import dicomParser, { type DataSet } from "dicom-parser";
import { inflateRawSync } from "node:zlib";
import type { Json } from "../../model/json.ts";
import type { Attribute } from "./attributes.ts";
import { plainTextIn, textIn } from "./text.ts";

/** The file is not a DICOM file, or is damaged. */
export class DicomError extends Error {
  override readonly name = "DicomError";
}

/** Bytes that a deflated file may decompress to. */
const INFLATED_BYTES_MAX = 1024 ** 3;

const reasonOf = (error: unknown): string => {
  if (error instanceof Error) return error.message;
  // The parser throws strings, and objects with what it had read so far.
  const told =
    typeof error === "object" && error !== null && "exception" in error ? error.exception : error;
  return told instanceof Error ? told.message : String(told);
};

const PIXELS = "x7fe00010";

/**
 * Reads the beginning of a file that is too large for memory, up to its pixels, and compares the
 * announced length with the size of the file.
 * @throws {DicomError}
 */
export function parseBeginning(bytes: Uint8Array, size: number): DataSet {
  const data = parseDicom(bytes, PIXELS);
  const pixels = data.elements[PIXELS];
  const known = pixels !== undefined && pixels.hadUndefinedLength !== true;
  if (known && pixels.dataOffset + pixels.length > size) throw new DicomError("it is cut off");
  return data;
}

/** Reads a file (Part 10 of the standard), or up to a tag. @throws {DicomError} */
export function parseDicom(bytes: Uint8Array, untilTag?: string): DataSet {
  try {
    return dicomParser.parseDicom(bytes, {
      ...(untilTag === undefined ? {} : { untilTag }),
      inflater: (whole: Uint8Array, position: number) => {
        const rest = inflateRawSync(whole.subarray(position), {
          maxOutputLength: INFLATED_BYTES_MAX,
        });
        return Buffer.concat([whole.subarray(0, position), rest]);
      },
    });
  } catch (error) {
    throw new DicomError(reasonOf(error).replace(/^dicomParser\.?:?/, ""));
  }
}

const TEXTUAL = new Set(["LO", "LT", "PN", "SH", "ST", "UC", "UT"]);

const isoDate = (text: string): string | undefined => {
  const match = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(text);
  return match === null ? undefined : `${match[1]}-${match[2]}-${match[3]}`;
};

const DAYS: Readonly<Record<string, number>> = { D: 365.25, W: 52.18, M: 12, Y: 1 };

/** Years of an age string, e.g. `045Y`. */
const years = (text: string): number | undefined => {
  const match = /^(\d{1,3})([DWMY])$/.exec(text);
  if (match === null) return undefined;
  return Math.round((Number(match[1]) / (DAYS[match[2] ?? ""] ?? 1)) * 100) / 100;
};

const numeric = (text: string): number | undefined => {
  const value = Number(text);
  return text !== "" && Number.isFinite(value) ? value : undefined;
};

/** One value of a text representation; undefined when it is invalid. */
const valueOf = (vr: string, text: string): Json | undefined => {
  if (text === "") return undefined;
  if (vr === "DA") return isoDate(text);
  if (vr === "AS") return years(text);
  if (vr === "DS" || vr === "IS") return numeric(text);
  return text;
};

const BINARY: Readonly<
  Record<string, (data: DataSet, tag: string, index: number) => number | undefined>
> = {
  US: (data, tag, index) => data.uint16(tag, index),
  SS: (data, tag, index) => data.int16(tag, index),
  UL: (data, tag, index) => data.uint32(tag, index),
  SL: (data, tag, index) => data.int32(tag, index),
  FL: (data, tag, index) => data.float(tag, index),
  FD: (data, tag, index) => data.double(tag, index),
};
const WIDTHS: Readonly<Record<string, number>> = { US: 2, SS: 2, UL: 4, SL: 4, FL: 4, FD: 8 };

const single = (values: readonly Json[]): Json | undefined =>
  values.length > 1 ? [...values] : values[0];

/** Where a text that cannot be read is told. */
export type OnUnreadable = (attribute: Attribute) => void;

/**
 * The value of an attribute: numbers for numbers, ISO dates, years for ages, a list for several.
 * Undefined when the file has none, or an invalid one; a text that is not of the file's character
 * set is told as well.
 */
export function readAttribute(
  data: DataSet,
  attribute: Attribute,
  onUnreadable: OnUnreadable = () => undefined,
): Json | undefined {
  const { tag, vr: usual } = attribute;
  const element = data.elements[tag];
  if (element === undefined || element.items !== undefined || element.length === 0)
    return undefined;
  const vr = element.vr ?? usual;
  const binary = BINARY[vr];
  if (binary !== undefined) {
    const count = Math.floor(element.length / (WIDTHS[vr] ?? 1));
    const values = Array.from({ length: Math.min(count, 1_000) }, (_, index) =>
      binary(data, tag, index),
    );
    return single(
      values.filter((value) => value !== undefined && Number.isFinite(value)) as number[],
    );
  }
  if (element.length > 65_536) return undefined;
  const bytes = data.byteArray.subarray(element.dataOffset, element.dataOffset + element.length);
  const text = TEXTUAL.has(vr) ? textIn(data, bytes) : plainTextIn(bytes);
  if (text === undefined) {
    onUnreadable(attribute);
    return undefined;
  }
  const parts = ["LT", "ST", "UT"].includes(vr) ? [text] : text.split("\\");
  const values = parts.map((part) => valueOf(vr, part.trim()));
  const good = values.filter((value) => value !== undefined);
  // A list with holes would shift its elements.
  return good.length === values.length ? single(good) : undefined;
}
