import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compileMapping, MappingError, missingColumns } from "../../../src/cli/import/compile.ts";
import { mappingJsonSchema } from "../../../src/cli/import/mapping.ts";
import { METADATA_NAMES } from "../../../src/model/metadata.ts";

const FOLDER = join(import.meta.dirname, "../../../src/cli/mappings");
const readMapping = (name: string): unknown => JSON.parse(readFileSync(join(FOLDER, name), "utf8"));

const faultsOf = (mapping: unknown): readonly string[] => {
  try {
    compileMapping(mapping);
    return [];
  } catch (error) {
    if (error instanceof MappingError) return error.errors;
    throw error;
  }
};

const minimal = {
  name: "m",
  resources: [{ identifier: "x/${id}", payload_type: "image" }],
};

const wrong: readonly (readonly [string, unknown, string])[] = [
  ["an unknown member", { ...minimal, colour: 1 }, "colour"],
  ["a missing name", { resources: minimal.resources }, "name: "],
  ["nothing to make", { name: "m" }, "resources: nothing to make"],
  [
    "a patient without a datasource",
    { ...minimal, patient: { external_uid: "${p}" } },
    "patient: ",
  ],
  [
    "a reference that does not exist",
    { ...minimal, resources: [{ identifier: "${@serie}", payload_type: "image" }] },
    "resources.0.identifier: ${@serie} is unknown",
  ],
  [
    "a study that the mapping lacks",
    { ...minimal, resources: [{ ...minimal.resources[0], parent: "${@study}" }] },
    "resources.0.parent_identifier: the mapping has no study",
  ],
  ...[...METADATA_NAMES].map((name): readonly [string, unknown, string] => [
    `a payload field named like the metadata member ${name}`,
    { ...minimal, resources: [{ ...minimal.resources[0], payload: { [name]: { value: 1 } } }] },
    `resources.0.payload.${name}: this is metadata`,
  ]),
  [
    "a rule with two origins",
    {
      ...minimal,
      resources: [{ ...minimal.resources[0], payload: { rows: { column: "a", value: 1 } } }],
    },
    "resources.0.payload.rows: exactly one of",
  ],
  [
    "a column that source.columns does not name",
    { ...minimal, source: { header: "none", columns: ["a"] } },
    "${id}: source.columns does not name it",
  ],
  [
    "columns beside a header of names",
    { ...minimal, source: { header: "names", columns: ["id"] } },
    "source.columns",
  ],
  [
    "a skipped header without columns",
    { ...minimal, source: { header: "skip" } },
    "source.columns",
  ],
];

describe("a mapping", () => {
  it.each(wrong)("with %s is refused by name", (_what, mapping, expected) => {
    expect(faultsOf(mapping).join("\n")).toContain(expected);
  });

  it("names all its errors at once", () => {
    const [resource] = minimal.resources;
    const payload = { rows: {}, license: { value: 1 } };
    expect(faultsOf({ ...minimal, resources: [{ ...resource, payload }] })).toHaveLength(2);
  });

  it("knows which columns a table lacks", () => {
    expect(missingColumns(compileMapping(minimal), ["a", "b"])).toEqual(["id"]);
  });

  it("of the project is well-formed", () => {
    const names = readdirSync(FOLDER).filter((name) => name !== "mapping.schema.json");
    expect(names.length).toBeGreaterThan(1);
    for (const name of names) expect(faultsOf(readMapping(name))).toEqual([]);
  });

  it("is described by the published JSON Schema", () => {
    expect(readMapping("mapping.schema.json")).toEqual(
      JSON.parse(JSON.stringify(mappingJsonSchema())),
    );
  });
});
