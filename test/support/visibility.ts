// The classes of rows, worked out as the migration does.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";

const FILE = join(import.meta.dirname, "../../migrations/0013_visibility.sql");

const statementsOf = (text: string): readonly string[] =>
  text
    .replaceAll(/^--.*$/gm, "")
    .split(";")
    .map((each) => each.trim());

const CLASSIFIES =
  /^(?:DELETE FROM restricted|INSERT INTO restricted(?:_above)?|UPDATE resources)\b/;

const STATEMENTS = statementsOf(readFileSync(FILE, "utf8")).filter((each) => CLASSIFIES.test(each));

/** Works out anew, from levels and parents, who sees what in a database in memory. */
export const classify = (database: DatabaseSync): void => {
  database.exec("DELETE FROM restricted_above");
  for (const statement of STATEMENTS) database.exec(statement);
};
