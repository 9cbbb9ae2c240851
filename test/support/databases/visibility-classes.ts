// Computes the visibility classes of rows, as the migrations do.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";

const FILES = ["0013_visibility.sql", "0019_readers.sql"].map((name) =>
  join(import.meta.dirname, "../../../migrations", name),
);

const statementsOf = (text: string): readonly string[] =>
  text
    .replaceAll(/^--.*$/gm, "")
    .split(";")
    .map((each) => each.trim());

const CLASSIFIES =
  /^(?:DELETE FROM restricted|INSERT INTO restricted(?:_above)?|UPDATE (?:resources|restricted|restricted_above))\b/;

const STATEMENTS = FILES.flatMap((file) => statementsOf(readFileSync(file, "utf8"))).filter(
  (each) => CLASSIFIES.test(each),
);

/** Computes anew, from levels and parents, the visibility in a database in memory. */
export const classify = (database: DatabaseSync): void => {
  database.exec("DELETE FROM restricted_above");
  for (const statement of STATEMENTS) database.exec(statement);
};
