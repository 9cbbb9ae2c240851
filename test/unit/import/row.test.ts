import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compileMapping } from "../../../src/cli/import/compile.ts";
import { fieldsFrom } from "../../../src/cli/import/prepare.ts";
import { finishRow, readRow } from "../../../src/cli/import/row.ts";
import type { Schemas } from "../../../src/cli/import/schemas.ts";
import type { Json } from "../../../src/model/json.ts";

const shipped = (name: string) =>
  compileMapping(
    JSON.parse(readFileSync(join(import.meta.dirname, "../../../src/cli/mappings", name), "utf8")),
  );

const silent = { refuse: () => undefined, remark: () => undefined };
const row = (cells: Readonly<Record<string, Json>>) => ({
  line: 2,
  cells: new Map(Object.entries(cells)),
});

const nihRow = {
  image_index: "00000001_000.png",
  finding_labels: "Cardiomegaly|Emphysema",
  follow_up: "0",
  patient_id: "1",
  patient_age: "57",
  patient_sex: "M",
  view_position: "PA",
  width: "2682",
  height: "2749",
  spacing_x: "0.143",
  spacing_y: "0.168",
};

describe("the NIH ChestX-ray14 mapping", () => {
  const plan = shipped("nih-chestxray14.json");
  const read = (cells: Readonly<Record<string, Json>>) =>
    readRow(plan, row(cells), () => undefined);

  it("creates a patient, a study and an image from a row", () => {
    const { ready } = read(nihRow);
    expect(ready?.patient).toEqual({ externalUid: "1", payload: { patient_sex: "M" } });
    expect(ready?.study?.externalUid).toBe("1/0");
    const references = { datasource: "nih-cxr14", patient: "p", study: "s" };
    const [image] = ready === undefined ? [] : finishRow(plan, ready, references, silent);
    expect(image?.body).toMatchObject({
      identifier: "nih-cxr14/00000001_000.png",
      payload_type: "image",
      parent_identifier: "s",
      modality: "DX",
      body_part_examined: "CHEST",
      view_position: "PA",
      finding_labels: ["Cardiomegaly", "Emphysema"],
      patient_age_years: 57,
      rows: 2749,
      columns: 2682,
      pixel_spacing_mm: [0.168, 0.143],
      follow_up_number: 0,
    });
  });

  it("maps `No Finding` to an empty list", () => {
    const { ready } = read({ ...nihRow, finding_labels: "No Finding" });
    expect(ready?.bodies[0]?.["finding_labels"]).toEqual([]);
  });

  it("omits an age of 414 years, and says so", () => {
    const { ready, remarks } = read({ ...nihRow, patient_age: "414" });
    expect(ready?.bodies[0]).not.toHaveProperty("patient_age_years");
    expect(remarks).toHaveLength(1);
  });

  it("refuses a row with every error named", () => {
    const { ready, issues } = read({ ...nihRow, patient_id: "", width: "wide", patient_sex: "X" });
    expect(ready).toBeUndefined();
    expect(new Set(issues.map(({ column }) => column))).toEqual(
      new Set(["patient_id", "patient_id, follow_up", "patient_sex", "width"]),
    );
  });
});

describe("the generic mapping", () => {
  const plan = shipped("generic.json");
  const nullable = (schema: Json): Json => ({ anyOf: [schema, { type: "null" }] });
  const schemas: Schemas = {
    image: {
      type: "object",
      additionalProperties: false,
      properties: {
        modality: { type: "string" },
        rows: { type: "integer" },
        exposure_mas: nullable({ type: "number" }),
        burned_in_annotation: { type: ["boolean", "null"] },
        finding_labels: { type: "array", items: { type: "string" } },
        laterality: { enum: ["L", "R"] },
        extra: { type: "object" },
      },
    },
  };
  const read = (cells: Readonly<Record<string, Json>>) =>
    readRow(plan, row({ type: "image", id: "a", parent: "", ...cells }), fieldsFrom(schemas));

  it("converts every other column as the payload type's schema says", () => {
    const { ready, issues } = read({
      modality: "007",
      rows: "12",
      exposure_mas: "1.5",
      burned_in_annotation: "no",
      finding_labels: "Mass|Nodule",
      laterality: "L",
      extra: '{"a":1}',
    });
    expect(issues).toEqual([]);
    expect(ready?.bodies).toEqual([
      {
        identifier: "a",
        payload_type: "image",
        modality: "007",
        rows: 12,
        exposure_mas: 1.5,
        burned_in_annotation: false,
        finding_labels: ["Mass", "Nodule"],
        laterality: "L",
        extra: { a: 1 },
      },
    ]);
  });

  it("takes the parent from its column, and none from an empty cell", () => {
    expect(read({ parent: "p" }).ready?.bodies[0]?.["parent_identifier"]).toBe("p");
    expect(read({}).ready?.bodies[0]).not.toHaveProperty("parent_identifier");
  });

  it.each([
    ["a column that the type does not know", { colour: "red" }, "unknown_field"],
    ["a cell that does not convert", { rows: "many" }, "invalid_value"],
    ["a payload type that does not exist", { type: "picture" }, "unknown_payload_type"],
    ["an identifier with a control character", { id: "a\u0007b" }, "invalid_identifier"],
    ["an identifier that is too long", { id: "é".repeat(257) }, "invalid_identifier"],
    ["a row without an identifier", { id: "" }, "missing"],
  ])("refuses %s", (_what, cells, code) => {
    const { ready, issues } = read(cells);
    expect(ready).toBeUndefined();
    expect(issues.map((issue) => issue.code)).toContain(code);
  });

  it("accepts an unknown column of a type that is open", () => {
    const open = { image: { ...schemas["image"], additionalProperties: true } };
    const cells = { type: "image", id: "a", parent: "", colour: "red" };
    const { ready } = readRow(plan, row(cells), fieldsFrom(open));
    expect(ready?.bodies[0]).toMatchObject({ colour: "red" });
  });
});

describe("derived_from", () => {
  it("is a list, split or single, and absent when empty", () => {
    const of = (rule: Json) =>
      compileMapping({
        name: "m",
        resources: [{ identifier: "${id}", payload_type: "segmentation", derived_from: rule }],
      });
    const bodyOf = (rule: Json, from: string) =>
      readRow(of(rule), row({ id: "a", from }), () => undefined).ready?.bodies[0];
    expect(bodyOf({ column: "from", split: ";" }, "x;y")).toMatchObject({
      derived_from: ["x", "y"],
    });
    expect(bodyOf({ template: "img/${from}" }, "x")).toMatchObject({ derived_from: ["img/x"] });
    expect(bodyOf({ template: "img/${from}" }, "")).not.toHaveProperty("derived_from");
  });
});
