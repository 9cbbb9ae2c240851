// A real table of chest images as patients with images.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Papa from "papaparse";
import type { Json, JsonObject } from "../../src/model/json.ts";

const DATA = process.env["VXDATA_REAL_DATA"] ?? join(import.meta.dirname, "../../../shared/data");
/** The path of the table, if it exists. */
export const TABLE = join(DATA, "covid-chestxray-metadata", "metadata.2020-05-27.csv");

/** Columns of patients: the others belong to each image. */
export const PATIENT = new Set(["patientid", "sex", "survival"]);

const cellOf = (name: string, text: string): Json => {
  if (text === "") return null;
  return name === "age" || name === "offset" ? Number(text) : text;
};

/** The rows of the table, and its patients. */
export const readChestImages = (path: string) => {
  const { data: rows } = Papa.parse<Record<string, string>>(readFileSync(path, "utf8"), {
    header: true,
    skipEmptyLines: true,
  });
  const typeOf = (name: string) => (name === "age" || name === "offset" ? "float" : "string");
  const names = Object.keys(rows[0] ?? {});
  const shapeOf = (wanted: readonly string[]) =>
    Object.fromEntries(wanted.map((name) => [name, typeOf(name)]));
  const imageOf = (row: Record<string, string>): JsonObject =>
    Object.fromEntries(
      names
        .filter((name) => !PATIENT.has(name))
        .map((name) => [name, cellOf(name, row[name] ?? "")]),
    );
  const patients = [...Map.groupBy(rows, ({ patientid = "" }) => patientid)].map(([id, own]) => ({
    patientid: id,
    sex: own[0]?.["sex"] || null,
    survival: own[0]?.["survival"] || null,
    chest_images: own.map(imageOf),
  }));
  return { rows, names, patients, shapeOf };
};
