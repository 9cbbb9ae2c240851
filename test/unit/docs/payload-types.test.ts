import { describe, expect, test } from "vitest";
import { isJsonObject, type Json, type JsonObject } from "../../../src/model/json.ts";
import { BUILTIN_TYPES } from "../../../src/schema/registry.ts";
import type { Field, PayloadType } from "../../../src/schema/type.ts";
import { anchorOf } from "../../../scripts/docs/anchor.ts";
import { codeOf, headings, page, section, tableIn } from "./markdown.ts";

const PAGE = page("docs/payload-types.md");

const number = (value: Json | undefined): string =>
  Number(value).toLocaleString("en-US", { useGrouping: "min2" });

const rangeOf = ({ minimum, maximum }: JsonObject): string =>
  maximum === Number.MAX_SAFE_INTEGER
    ? `${number(minimum)} or more`
    : `${number(minimum)} to ${number(maximum)}`;

/** The valid values of a field in words; empty when the kind is sufficient. */
const valuesOf = (schema: JsonObject): string => {
  const { enum: choices, items, maximum, maxItems, maxLength, minItems } = schema;
  if (Array.isArray(choices)) return choices.map((choice) => `\`${String(choice)}\``).join(", ");
  if (maximum !== undefined) return rangeOf(schema);
  if (maxLength !== undefined) return `up to ${number(maxLength)} characters`;
  if (!isJsonObject(items)) return "";
  const count = minItems === maxItems ? number(maxItems) : `up to ${number(maxItems)}`;
  return `${count}, each ${valuesOf(items)}`;
};

const kindOf = ({ kind, items, required }: Field): string =>
  `${kind === "list" ? `list of ${items}s` : kind}${required ? ", required" : ""}`;

const code = (text: string | undefined): string => (text === undefined ? "" : `\`${text}\``);

const propertyOf = (type: PayloadType, name: string): JsonObject =>
  (type.jsonSchema["properties"] as Readonly<Record<string, JsonObject>>)[name] ?? {};

/** The expected row of a field: field, kind, values, unit, DICOM attribute, index, meaning. */
const rowOf = (type: PayloadType, field: Field): readonly string[] => {
  const tag = / DICOM (\([0-9A-F]{4},[0-9A-F]{4}\))\.$/.exec(field.description);
  return [
    code(field.name),
    kindOf(field),
    valuesOf(propertyOf(type, field.name)),
    code(field.unit),
    code(tag?.[1]),
    type.indexes.includes(field.name) ? "yes" : "",
    tag === null ? field.description : field.description.slice(0, tag.index),
  ];
};

const types = [...BUILTIN_TYPES.values()];

describe("docs/payload-types.md", () => {
  test.each(types.map((type) => [type.name, type] as const))(
    "describes %s as its schema, field by field",
    (name, type) => {
      const text = section(PAGE, `## ${name}`);
      expect(text).toContain(String(type.jsonSchema["description"]));
      const expected = [...type.fields.values()].map((field) => rowOf(type, field));
      expect(tableIn(text), expected.map((row) => `| ${row.join(" | ")} |`).join("\n")).toEqual(
        expected,
      );
    },
  );

  test("has a chapter and a line in its list for every built-in type, and for no other", () => {
    const names = types.map((type) => type.name);
    const chapters = headings(PAGE).map((line) => anchorOf(line.replace(/^#+ /, "")));
    expect(chapters.filter((chapter) => names.includes(chapter))).toEqual(names);
    expect(tableIn(PAGE).map(([link]) => codeOf(/\[(.*)\]/.exec(link ?? "")?.[1]))).toEqual(names);
  });

  test("names the version of the built-in types", () => {
    const versions = new Set(types.map((type) => type.version));
    for (const version of versions) expect(PAGE).toContain(`\`${version}\``);
  });
});
