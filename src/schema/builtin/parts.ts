import { z } from "zod";
import { isCalendarDate } from "../../model/time.ts";
import { OBJECT_REFERENCE } from "../fields.ts";
import { canonicalInstant } from "../instant.ts";
import { textLength } from "../keywords/scalar.ts";

// Workers forbid code generation, so zod must interpret its schemas.
z.config({ jitless: true });

/** Documentation of a field beside its meaning. */
export interface About {
  /** UCUM unit. */
  readonly unit?: string;
  /** DICOM attribute, `(gggg,eeee)`. */
  readonly tag?: string;
}

const about = (description: string, { unit, tag }: About): { readonly description: string } => ({
  description: tag === undefined ? description : `${description} DICOM ${tag}.`,
  ...(unit === undefined ? {} : { "x-unit": unit }),
});

const tagged = (tag: string | undefined): About => (tag === undefined ? {} : { tag });

/**
 * A string of at most `max` code points (JSON Schema counts those, zod's own check counts UTF-16
 * units).
 */
export const text = (max: number, description: string, tag?: string) =>
  z
    .string()
    .refine((value) => value.length <= max || textLength(value) <= max)
    .meta({ maxLength: max, ...about(description, tagged(tag)) });

/** A string that cannot be empty. */
export const name = (max: number, description: string, tag?: string) =>
  text(max, description, tag)
    .refine((value) => value !== "")
    .meta({ minLength: 1, maxLength: max, ...about(description, tagged(tag)) });

/** A short ASCII string of a given form. */
const formed = (pattern: RegExp, max: number, description: string, tag?: string) =>
  z
    .string()
    .max(max)
    .regex(pattern)
    .meta(about(description, tagged(tag)));

/** A DICOM unique identifier (PS3.5, 9.1). */
export const uid = (description: string, tag: string) =>
  formed(/^[0-9]+(\.[0-9]+)*$/, 64, description, tag);

/** One of several strings. */
export const choice = <const Values extends readonly [string, ...string[]]>(
  values: Values,
  description: string,
  tag?: string,
) => z.enum(values).meta(about(description, tagged(tag)));

/** An integer within bounds. */
export const integer = (low: number, high: number, description: string, options: About = {}) =>
  z.int().min(low).max(high).meta(about(description, options));

/** A number within bounds. */
export const amount = (low: number, high: number, description: string, options: About = {}) =>
  z.number().min(low).max(high).meta(about(description, options));

/** True or false. */
export const flag = (description: string, tag?: string) =>
  z.boolean().meta(about(description, tagged(tag)));

/** A calendar date `YYYY-MM-DD`. */
export const date = (description: string, tag?: string) =>
  z
    .string()
    .refine(isCalendarDate)
    .meta({ format: "date", ...about(description, tagged(tag)) });

/** An RFC 3339 instant; stored as UTC with six decimals. */
export const instant = (description: string, tag?: string) =>
  z
    .string()
    .refine((value) => canonicalInstant(value) !== undefined)
    .meta({ format: "date-time", ...about(description, tagged(tag)) });

/** A list of strings. */
export const strings = (max: number, description: string, tag?: string) =>
  z
    .array(text(max, "A single value of the list."))
    .max(10_000)
    .meta(about(description, tagged(tag)));

/** A list of numbers of a given length, each within bounds. */
export const numbers = (
  length: number,
  bounds: { readonly low: number; readonly high: number },
  description: string,
  options: About = {},
) =>
  z
    .array(z.number().min(bounds.low).max(bounds.high))
    .length(length)
    .meta(about(description, options));

/** Any JSON object; paths reach into it. */
export const document = (description: string) =>
  z.record(z.string(), z.unknown()).meta(about(description, {}));

/** A field that names an object in the bucket. */
export const objectReference = (description: string) =>
  name(2_048, description).meta({ [OBJECT_REFERENCE]: true });

/** Fields of the stored object that a resource describes. */
export const storedObject = {
  s3_path: objectReference("Key of the object in the bucket, or its s3:// address."),
  file_name: text(1_024, "Name of the file as its source called it, without directories."),
  content_type: text(255, "Media type of the object (RFC 9110)."),
  size_bytes: integer(0, Number.MAX_SAFE_INTEGER, "Size of the object.", { unit: "By" }),
  sha256: formed(/^[0-9a-f]{64}$/, 64, "SHA-256 of the object's bytes, lower-case hexadecimal."),
};

/** Fields of the person at the time of an acquisition. */
export const subject = {
  patient_sex: choice(["M", "F", "O"], "Sex: male, female or other.", "(0010,0040)"),
  patient_age_years: amount(0, 150, "Age when acquired; fractions are allowed.", {
    unit: "a",
    tag: "(0010,1010)",
  }),
};

/** Fields of the acquisition. */
export const acquisition = {
  modality: text(64, "Kind of equipment, e.g. CT, MR, DX, US.", "(0008,0060)"),
  body_part_examined: text(64, "Part of the body, e.g. CHEST.", "(0018,0015)"),
  laterality: choice(
    ["L", "R", "B", "U"],
    "Side of a paired body part: left, right, both or unpaired.",
    "(0020,0060)",
  ),
  view_position: text(64, "Radiographic view, e.g. PA, AP, LL.", "(0018,5101)"),
  patient_position: text(64, "Position relative to the equipment, e.g. HFS.", "(0018,5100)"),
  protocol_name: text(256, "Protocol that was followed.", "(0018,1030)"),
  manufacturer: text(256, "Maker of the equipment.", "(0008,0070)"),
  manufacturer_model_name: text(256, "Model of the equipment.", "(0008,1090)"),
  acquisition_datetime: instant("When the data were acquired.", "(0008,002A)"),
};

/** Fields of the unique identifiers that DICOM gives, pseudonymised at the source. */
export const identifiers = {
  study_instance_uid: uid("Unique identifier of the study.", "(0020,000D)"),
  series_instance_uid: uid("Unique identifier of the series.", "(0020,000E)"),
  sop_instance_uid: uid("Unique identifier of the object.", "(0008,0018)"),
};
