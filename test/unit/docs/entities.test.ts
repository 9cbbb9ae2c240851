import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { jsonEqual, type Json, type JsonObject } from "../../../src/model/json.ts";
import { SCALAR_TYPES } from "../../../src/schema/entity/metadata.ts";
import {
  BINARY,
  CONTAINED,
  LISTED,
  LOGICAL,
} from "../../../src/surfaces/entities/language/query.ts";
import { OPERATORS } from "../../../src/surfaces/entities/language/update.ts";
import { payloadOf, projected, updated } from "../../support/fixtures/scan-interpreters.ts";
import { SCANS } from "../../support/fixtures/scan-entity.ts";
import { foundBy } from "../entities/interpreters.ts";
import { blocksIn, codeIn, codeOf, page, ROOT, section, tableIn } from "./markdown.ts";

const PAGE = page("docs/entities.md");

const parse = (cell: string | undefined): Json => JSON.parse(codeOf(cell)) as Json;

const first = SCANS[0] ?? {};

/** The members of a document that an update changes; null for removed ones. */
const changed = (update: Json): JsonObject => {
  const [before, after] = [payloadOf(first), updated(update, first)];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return Object.fromEntries(
    names
      .filter((name) => !jsonEqual(before[name], after[name]))
      .map((name) => [name, after[name] ?? null]),
  );
};

describe("docs/entities.md", () => {
  const queries = tableIn(section(PAGE, "### Query operators"));
  const updates = tableIn(section(PAGE, "## Updates"));

  test("shows the documents of its examples", () => {
    expect(JSON.parse(blocksIn(section(PAGE, "## Queries"))[0]?.text ?? "")).toEqual(SCANS);
  });

  test.each(queries)("says correctly what %s finds: %s", (_operator, _meaning, example, finds) => {
    const expected = finds === "none" ? [] : (finds ?? "").split(" ");
    expect(foundBy(parse(example))).toEqual(expected);
  });

  test.each(tableIn(section(PAGE, "## Projections")))(
    "shows correctly what %s returns",
    (rule, shown) => {
      expect(projected(parse(rule), first)).toEqual(parse(shown));
    },
  );

  test.each(updates)(
    "shows correctly what %s changes: %s",
    (_operator, _meaning, example, members) => {
      expect(changed(parse(example))).toEqual(parse(members));
    },
  );

  test("has every operator of the query language, and no other comparison", () => {
    const used = queries.map(([, , example]) => JSON.stringify(parse(example))).join("\n");
    const words = [BINARY, LISTED, LOGICAL].flatMap((each) => Object.keys(each));
    for (const word of [...words, ...Object.keys(CONTAINED)]) expect(used).toContain(`"${word}"`);
    const compared = [...used.matchAll(/"op":"([^"]+)"/g)].map(([, word = ""]) => word);
    expect(compared.filter((word) => !(word in BINARY) && !(word in LISTED))).toEqual([]);
  });

  test("has every operator of the update language", () => {
    const listed = updates.map(([operator]) => codeOf(operator));
    expect(listed).toEqual(expect.arrayContaining([...OPERATORS, "$valueof", "$remove"]));
  });

  test("has every type of a field", () => {
    const types = tableIn(section(PAGE, "## Fields")).map(([type]) => codeOf(type));
    expect(types).toEqual(
      [...SCALAR_TYPES, "object", "array"].toSorted((a, b) => types.indexOf(a) - types.indexOf(b)),
    );
  });

  test("lists every error code of the surface, and no other", () => {
    const folders = ["src/surfaces/entities", "src/schema/entity", "src/store"];
    const files = folders.flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts"))
        .map((name) => readFileSync(join(ROOT, folder, name), "utf8")),
    );
    const pattern =
      /"((?:crud|metadata|query-api|rest-crud|rest-metadata|mongo-[a-z]+):[A-Za-z:-]+)"/g;
    const used = new Set(
      files.flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1] ?? "")),
    );
    const listed = new Set(codeIn(section(PAGE, "## Error codes")));
    const built = ["crud:insert:NoFieldAccess", "crud:update:NoFieldAccess"];
    expect([...used, ...built].filter((code) => !listed.has(code))).toEqual([]);
    const rows = tableIn(section(PAGE, "## Error codes")).map(([code]) => codeOf(code));
    const known = new Set([...used, ...built, "crud", "rest-crud:RestFindError"]);
    expect(rows.filter((code) => !known.has(code))).toEqual([]);
  });
});
