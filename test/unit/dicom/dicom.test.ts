import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { SHIPPED } from "../../../src/cli/mappings.ts";
import { ATTRIBUTES, attributeOf } from "../../../src/cli/dicom/attributes.ts";
import {
  DicomError,
  parseBeginning,
  parseDicom,
  readAttribute,
} from "../../../src/cli/dicom/read.ts";
import { dicomSource, mappedAttributes } from "../../../src/cli/dicom/source.ts";
import { compileMapping } from "../../../src/cli/import/compile.ts";
import { rowsPerBatch, runImport } from "../../../src/cli/import/run.ts";
import type { TableRow } from "../../../src/cli/import/table.ts";
import { createApiClient } from "../../../src/cli/support/api-client.ts";
import { dicomFile, imageFile, PERSONAL_TEXTS, us } from "../../support/fixtures/dicom.ts";
import { openStub } from "../import/stub.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vxdata-dicom-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const silent = () => undefined;
const plan = compileMapping(SHIPPED.dicom);

const write = (path: string, bytes: string | Uint8Array): void => {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), bytes);
};

const rowsOf = async (mapping = plan): Promise<readonly TableRow[]> => {
  const rows: TableRow[] = [];
  for await (const part of dicomSource(folder, mapping, silent).parts(silent))
    rows.push(...part.rows);
  return rows;
};

describe("an attribute is read by its value representation", () => {
  const data = parseDicom(
    dicomFile([
      ["00080005", "CS", "ISO_IR 192"],
      ["00080008", "CS", String.raw`ORIGINAL\PRIMARY`],
      ["00080020", "DA", "20260131"],
      ["00080070", "LO", "Größe & Co"],
      ["00101010", "AS", "018M"],
      ["00180050", "DS", " 2.50 "],
      ["00200011", "IS", "7"],
      ["00200013", "IS", "seven"],
      ["00280010", "US", us(512)],
      ["00280030", "DS", String.raw`0.5\x`],
      ["00091010", "LO", "private"],
    ]),
  );
  it.each([
    ["ImageType", ["ORIGINAL", "PRIMARY"]],
    ["StudyDate", "2026-01-31"],
    ["Manufacturer", "Größe & Co"],
    ["PatientAge", 1.5],
    ["SliceThickness", 2.5],
    ["SeriesNumber", 7],
    ["Rows", 512],
    ["(0009,1010)", "private"],
    ["00280010", 512],
    // Values that do not fit their representation, or are missing.
    ["InstanceNumber", undefined],
    ["PixelSpacing", undefined],
    ["Columns", undefined],
  ])("%s", (name, value) => {
    const attribute = attributeOf(name);
    if (attribute === undefined) throw new Error(`${name} is unknown`);
    expect(readAttribute(data, attribute)).toEqual(value);
  });

  it("in the character set of the file", () => {
    const latin = parseDicom(
      dicomFile([
        ["00080005", "CS", "ISO_IR 100"],
        ["00080070", "LO", Uint8Array.of(0x47, 0xf6)],
      ]),
    );
    const manufacturer = attributeOf("Manufacturer");
    expect(manufacturer && readAttribute(latin, manufacturer)).toBe("Gö");
  });
});

test("identifying attributes are not sent unless they are mapped", () => {
  const sent = [...mappedAttributes(plan).values()].filter(({ personal }) => personal);
  expect(sent.map(({ keyword }) => keyword).toSorted()).toEqual([
    "PatientSex",
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "StudyInstanceUID",
  ]);
  expect(plan.columns).not.toContain("file.name");
  expect(plan.columns).not.toContain("file.path");
  for (const keyword of [
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "StudyDate",
    "AccessionNumber",
  ]) {
    expect(ATTRIBUTES.get(keyword)?.personal, keyword).toBe(true);
  }
  // An attribute in no list counts as personal.
  expect(attributeOf("(0009,1010)")?.personal).toBe(true);
});

describe("the beginning of a large file", () => {
  const pixels = new Uint8Array(5_000);
  const whole = imageFile(1, 1, 1, 1, [["7FE00010", "OW", pixels]]);

  it("has the same attributes as the whole", () => {
    const data = parseBeginning(whole.subarray(0, whole.length - 4_000), whole.length);
    const rows = attributeOf("Rows");
    expect(rows && readAttribute(data, rows)).toBe(512);
  });

  it("is an error when the rest is missing", () => {
    const cut = whole.subarray(0, whole.length - 4_000);
    expect(() => parseBeginning(cut, cut.length)).toThrow("cut off");
    expect(() => parseDicom(cut)).toThrow(DicomError);
  });
});

describe("a folder of files", () => {
  it("becomes rows in a stable order, with their keys; unreadable files are named", async () => {
    write("b/2.dcm", imageFile(1, 1, 1, 2));
    write("a.dcm", imageFile(1, 1, 1, 1));
    write("notes.txt", "no image");
    write("cut.dcm", imageFile(1, 1, 1, 3).subarray(0, 300));
    const source = dicomSource(folder, plan, silent);
    const rows = await rowsOf();
    expect(rows.map(({ line }) => source.placeOf?.(line))).toEqual([
      "a.dcm",
      "b/2.dcm",
      "cut.dcm",
      "notes.txt",
    ]);
    const [first, , cut, notes] = rows;
    const cells = first !== undefined && "cells" in first ? first.cells : new Map();
    expect(cells.get("patient.key")).toBe("HOSPITAL-1");
    expect(cells.get("series.key")).toBe("1.2.3.1.1.1");
    expect(cells.has("PatientName")).toBe(false);
    expect(cut).toHaveProperty("error");
    expect(notes).toHaveProperty("leftOut");
  });

  it("does not merge files without identifiers", async () => {
    write("1", dicomFile([["00080060", "CS", "CT"]]));
    write("2", dicomFile([["00080060", "CS", "MR"]]));
    write("3", dicomFile([["0020000D", "UI", "1.2"]]));
    write(
      "4",
      dicomFile([
        ["0020000D", "UI", "1.2"],
        ["00080060", "CS", "MR"],
      ]),
    );
    const rows = await rowsOf();
    const patients = rows.map((row) => ("cells" in row ? row.cells.get("patient.key") : undefined));
    expect(new Set(patients.slice(0, 2)).size).toBe(2);
    expect(patients.slice(2)).toEqual(["study 1.2", "study 1.2"]);
  });

  it("refuses a mapping that names an unknown attribute", () => {
    const bad = compileMapping({
      ...SHIPPED.dicom,
      study: { external_uid: "${StudyInstanceUlD}" },
    });
    expect(() => dicomSource(folder, bad, silent)).toThrow("StudyInstanceUlD");
  });

  it("lists the identifying attributes that the mapping sends", () => {
    write("1", imageFile(1, 1, 1, 1));
    const said: string[] = [];
    dicomSource(folder, plan, (line) => void said.push(line));
    expect(said.join("")).toContain("PatientSex");
    expect(said.join("")).toContain("PatientID with its issuer (as external identifier)");
  });
});

test("an import sends nothing identifying, whatever the files contain", async () => {
  const stub = await openStub();
  try {
    for (let image = 1; image <= 6; image += 1) {
      write(`Doe_${image}.dcm`, imageFile(1 + (image % 2), 1, 1, image));
    }
    const result = await runImport({
      source: dicomSource(folder, plan, silent),
      plan,
      client: createApiClient({ url: stub.url }),
      job: "job",
      statePath: join(folder, "..", `${folder.split("/").at(-1)}.json`),
      restart: false,
      itemsMax: 100,
      rowsPerBatch: rowsPerBatch(plan, 100),
      concurrency: 1,
      limit: Number.POSITIVE_INFINITY,
      existing: "verify",
      rejects: undefined,
      progress: { update: silent, say: silent, note: silent, end: silent },
    });
    expect(result.counts).toMatchObject({ patients: 2, studies: 2, created: 8, rejected: 0 });
    const sent = stub.calls.map(({ body }) => body).join("\n");
    expect(sent).toContain("HOSPITAL-1");
    for (const text of PERSONAL_TEXTS) expect(sent, text).not.toContain(text);
  } finally {
    await stub.close();
  }
});
