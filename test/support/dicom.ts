/** Small DICOM files, written by hand: Part 10, explicit little endian. */

/** An element: tag, value representation, value. */
export type Element = readonly [tag: string, vr: string, value: string | Uint8Array];

const LONG = new Set(["OB", "OW", "SQ", "UN", "UT"]);

const element = ([tag, vr, value]: Element): Buffer => {
  const bytes = typeof value === "string" ? Buffer.from(value, "utf8") : Buffer.from(value);
  const pad = vr === "UI" || vr === "OB" ? "\0" : " ";
  const even = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(pad)]);
  const long = LONG.has(vr);
  const head = Buffer.alloc(long ? 12 : 8);
  head.writeUInt16LE(Number.parseInt(tag.slice(0, 4), 16), 0);
  head.writeUInt16LE(Number.parseInt(tag.slice(4), 16), 2);
  head.write(vr, 4, "latin1");
  if (long) head.writeUInt32LE(even.length, 8);
  else head.writeUInt16LE(even.length, 6);
  return Buffer.concat([head, even]);
};

const byTag = ([left]: Element, [right]: Element): number => (left < right ? -1 : 1);

/** A DICOM file of these elements, with the standard header. */
export const dicomFile = (elements: readonly Element[]): Buffer => {
  const meta = Buffer.concat([
    element(["00020002", "UI", "1.2.840.10008.5.1.4.1.1.2"]),
    element(["00020010", "UI", "1.2.840.10008.1.2.1"]),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(meta.length);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from("DICM"),
    element(["00020000", "UL", length]),
    meta,
    ...elements.toSorted(byTag).map(element),
  ]);
};

/** Two bytes of an unsigned number. */
export const us = (value: number): Uint8Array => Uint8Array.of(value & 0xff, value >> 8);

/** Identifying values in every object of these tests: none of them may be sent. */
const PERSONAL: readonly Element[] = [
  ["00080005", "CS", "ISO_IR 192"],
  ["00080020", "DA", "20260131"],
  ["00080050", "SH", "ACC-887766"],
  ["00080080", "LO", "Saint Elsewhere"],
  ["00080090", "PN", "Referrer^Rita"],
  ["00081030", "LO", "Study of Doe"],
  ["0008103E", "LO", "Series of Doe"],
  ["00100010", "PN", "Doe^Jörg"],
  ["00100030", "DA", "19611224"],
  ["00101010", "AS", "064Y"],
  ["00101040", "LO", "Elm Street 12"],
  ["00102154", "SH", "+41 44 999 00 11"],
  ["00104000", "LT", "cousin of the mayor"],
];

/** The values above in the forms in which they could be recognised in requests. */
export const PERSONAL_TEXTS: readonly string[] = [
  "2026-01-31",
  "20260131",
  "ACC-887766",
  "Elsewhere",
  "Rita",
  "Doe",
  "1961",
  "Elm Street",
  "999 00 11",
  "mayor",
];

/** An image of a patient, study and series, by number. */
export const imageFile = (
  patient: number,
  study: number,
  series: number,
  image: number,
  more: readonly Element[] = [],
): Buffer =>
  dicomFile([
    ...PERSONAL,
    ["00080016", "UI", "1.2.840.10008.5.1.4.1.1.2"],
    ["00080018", "UI", `1.2.3.${patient}.${study}.${series}.${image}`],
    ["00080060", "CS", "CT"],
    ["00100020", "LO", `HOSPITAL-${patient}`],
    ["00100040", "CS", "F"],
    ["0020000D", "UI", `1.2.3.${patient}.${study}`],
    ["0020000E", "UI", `1.2.3.${patient}.${study}.${series}`],
    ["00200011", "IS", String(series)],
    ["00200013", "IS", String(image)],
    ["00280010", "US", us(512)],
    ["00280011", "US", us(256)],
    ["00280030", "DS", String.raw`0.5\0.25`],
    ...more,
  ]);
