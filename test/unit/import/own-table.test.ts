import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, test } from "vitest";
import { parseParticipants } from "../../../src/cli/bids/participants.ts";
import { compileMapping } from "../../../src/cli/import/compile.ts";
import { dryRun } from "../../../src/cli/import/dry-run.ts";
import { guessTable } from "../../../src/cli/import/guess.ts";
import { proposeMapping } from "../../../src/cli/import/propose.ts";
import { tableSource } from "../../../src/cli/import/source.ts";
import { termsOf } from "../../../src/cli/import/terms.ts";
import { dicomSource } from "../../../src/cli/dicom/source.ts";
import { dicomFile } from "../../support/fixtures/dicom.ts";

const folder = mkdtempSync(join(tmpdir(), "vxdata-own-table-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const NO_WISHES = { datasource: undefined, type: undefined, schemas: undefined };

describe("a table without a mapping", () => {
  it("in UTF-16 with semicolons and decimal commas becomes typed fields", async () => {
    const text = "Bild-Nr;Patient ID;Größe (mm);Last Name\nb1;4711;1,5;Doe\nb2;4711;2.000,25;Roe\n";
    const path = write("klinik.csv", Buffer.from(`\uFEFF${text}`, "utf16le"));
    const { columns, mapping } = proposeMapping(path, await guessTable(path), NO_WISHES);
    expect(columns.map(({ becomes }) => becomes)).toEqual([
      "identifier, and field bild_nr (string)",
      "patient, as a digest",
      "field grosse_mm (number, decimal commas)",
      "left out: it may tell who a person is",
    ]);
    const plan = compileMapping(mapping);
    const source = tableSource(path, plan.mapping);
    const say = () => undefined;
    const run = await dryRun({
      source,
      plan,
      schemas: undefined,
      limit: 9,
      rejects: undefined,
      say,
    });
    expect(run.examples.map((one) => one.at(-1))).toMatchObject([
      { identifier: "(datasource)/b1", grosse_mm: 1.5 },
      { identifier: "(datasource)/b2", grosse_mm: 2000.25 },
    ]);
  });

  it("that nothing identifies is refused with the cure", async () => {
    const path = write("twice.csv", "a,b\nx,1.5\nx,1.5\n");
    const guess = await guessTable(path);
    expect(() => proposeMapping(path, guess, NO_WISHES)).toThrow("write a mapping");
  });
});

test("rejected rows can be corrected and read again by the same mapping", async () => {
  const path = write("bad.csv", "id;rows\na;1\nb;many\nc\n");
  const plan = compileMapping({
    name: "bad",
    source: { delimiter: ";" },
    resources: [
      {
        identifier: "${id}",
        payload_type: "image",
        payload: { rows: { column: "rows", type: "integer" } },
      },
    ],
  });
  const check = async (from: string, to: string) => {
    const source = tableSource(from, plan.mapping);
    const rejects = { path: to, form: source.rejected?.form };
    return dryRun({ source, plan, schemas: undefined, limit: 9, rejects, say: () => undefined });
  };
  const first = join(folder, "bad.rejected.csv");
  expect(await check(path, first)).toMatchObject({ rows: 3, rejected: 2 });
  // Uncorrected rows are rejected again; corrected ones go in, and the reasons are passed over.
  expect(await check(first, join(folder, "again.csv"))).toMatchObject({ rows: 2, rejected: 2 });
  const text = readFileSync(first, "utf8").replace("many", "7").replace("\r\nc;", "\r\nc;8;");
  const corrected = write("corrected.csv", text);
  const last = join(folder, "none.csv");
  expect(await check(corrected, last)).toMatchObject({ rows: 2, rejected: 0 });
  expect(existsSync(last)).toBe(false);
});

test("terms that no list has are counted, each resource once", () => {
  const one = { identifier: "a", modality: "XRAY", license: "MIT OR CC0-1.0" };
  const other = { identifier: "b", modality: "CT", license: "free for all" };
  expect(Object.values(termsOf([one, one, other]))).toEqual([1, 1]);
});

test("participants come with any line end, and without their column they are an error", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const found = parseParticipants(["participant_id\tsex", "sub-01\tF", ""].join(end));
    expect(found.get("sub-01")?.get("sex")).toBe("F");
  }
  expect(() => parseParticipants("participant_id,sex\nsub-01,F\n")).toThrow("participant_id");
});

describe("a DICOM folder", () => {
  const mapping = compileMapping({
    name: "texts",
    source: { format: "dicom" },
    resources: [
      {
        identifier: "${file.path}",
        payload_type: "image",
        payload: { key: { column: "patient.key" }, text: { column: "SeriesDescription" } },
      },
    ],
  });
  const rowOf = async (elements: Parameters<typeof dicomFile>[0]) => {
    const path = write("one.dcm", dicomFile(elements));
    const source = dicomSource(path, mapping, () => undefined);
    for await (const { rows } of source.parts(() => undefined)) return rows[0];
    return undefined;
  };

  it("keeps the same number of two issuers apart", async () => {
    const keys = [];
    for (const issuer of ["NORTH", "SOUTH", ""]) {
      const row = await rowOf([
        ["00100020", "LO", "7"],
        ["00100021", "LO", issuer],
      ]);
      keys.push(row !== undefined && "cells" in row ? row.cells.get("patient.key") : undefined);
    }
    expect(keys).toEqual(["7\\NORTH", "7\\SOUTH", "7"]);
  });

  it("tells text that is not of the character set, and stores none of it", async () => {
    const bad = Uint8Array.of(0x41, 0x1b, 0x24, 0x7a, 0x42, 0xff);
    for (const set of ["", "ISO_IR 192", String.raw`\ISO 2022 IR 87`]) {
      const row = await rowOf([
        ["00080005", "CS", set],
        ["0008103E", "LO", bad],
      ]);
      expect(row !== undefined && "cells" in row && row.cells.has("SeriesDescription")).toBe(false);
      expect(row).toMatchObject({ remarks: [{ column: "SeriesDescription" }] });
    }
  });
});
