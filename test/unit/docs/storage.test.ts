import { describe, expect, test } from "vitest";
import { BUILTIN_TYPES } from "../../../src/schema/registry.ts";
import { projectRows } from "../../../src/store/projection/table.ts";
import { raw } from "../../../src/store/sql/template.ts";
import { migrated } from "../../support/databases/migrated.ts";
import { blocksIn, codeIn, codeOf, headings, page, section, tableIn } from "./markdown.ts";

const PAGE = page("docs/storage.md");

const namesOf = (kind: "table" | "index" | "trigger"): readonly string[] =>
  migrated()
    .prepare("SELECT name FROM sqlite_schema WHERE type = ? AND sql IS NOT NULL ORDER BY name")
    .all(kind)
    .map((row) => String(row["name"]));

const isProjection = (name: string): boolean => name.startsWith("x_");

const columnsOf = (table: string): readonly (readonly [string, string])[] =>
  migrated()
    .prepare(`SELECT name, type FROM pragma_table_info('${table}')`)
    .all()
    .map((row) => [String(row["name"]), String(row["type"])] as const);

const documentedColumns = (text: string) =>
  tableIn(text).map(([name, type]) => [codeOf(name), type] as const);

const tables = namesOf("table").filter((name) => !isProjection(name));

describe("docs/storage.md", () => {
  test("has a chapter for every table, and for no other", () => {
    const chapters = headings(section(PAGE, "## Tables")).map((line) => line.slice("### ".length));
    expect(chapters.toSorted()).toEqual(tables.toSorted());
  });

  test.each(tables)("lists the columns of %s with their types, in order", (table) => {
    expect(documentedColumns(section(PAGE, `### ${table}`))).toEqual(columnsOf(table));
  });

  test("names every projection of a built-in type, and the columns that all of them have", () => {
    const text = section(PAGE, "## Projections");
    const projections = namesOf("table").filter(isProjection);
    expect(codeIn(text)).toEqual(expect.arrayContaining([...projections]));
    const common = documentedColumns(text).filter(([name]) => name !== "f_<field>");
    for (const table of projections) {
      // A later migration added the last column of older tables after their fields.
      const shared = columnsOf(table).filter(([name]) => !name.startsWith("f_"));
      expect(shared).toEqual(common);
    }
  });

  test("names every trigger, and every index beside those of the projections", () => {
    const indexes = namesOf("index").filter((name) => !isProjection(name));
    expect(codeIn(PAGE)).toEqual(expect.arrayContaining([...indexes, ...namesOf("trigger")]));
  });

  test("rebuilds a projection with the shown statements to what the store writes", () => {
    const database = migrated();
    const payload = JSON.stringify({ patient_sex: "F", patient_identity_removed: true });
    const insert = database.prepare(`INSERT INTO resources VALUES
      (?, ?, 'patient', '1.0.0', 1, NULL, NULL, NULL, 'internal', 'user:1', 1, 1, 1, ?, ?, 1)`);
    insert.run(1, "a", 0, payload);
    insert.run(2, "b", 1, payload);
    const read = () => database.prepare("SELECT * FROM x_patient").all();
    database.exec(blocksIn(section(PAGE, "## Projections"))[0]?.text ?? "");
    const rebuilt = read();
    const type = BUILTIN_TYPES.get("patient");
    if (type === undefined) throw new Error("There is no patient.");
    const source = raw("FROM resources r WHERE r.payload_type = 'patient' AND r.is_deleted = 0");
    database.exec("DELETE FROM x_patient");
    database.exec(projectRows(type, new Set(type.fields.keys()), source).text);
    expect(rebuilt).toEqual(read());
    expect(rebuilt).toHaveLength(1);
  });

  test("shows a join with the past that runs on these tables", () => {
    const [relation] = blocksIn(section(PAGE, "## Time"));
    const past = columnsOf("history").map(([name]) => name);
    const columns = columnsOf("resources").flatMap(([name]) => (past.includes(name) ? [name] : []));
    const statement = (relation?.text ?? "").replaceAll("SELECT *", `SELECT ${columns.join(", ")}`);
    expect(migrated().prepare(statement).all({ T: 1 })).toEqual([]);
  });
});
