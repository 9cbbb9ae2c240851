/** The tables of a view one by one, for recursive queries: SQLite wants all terms of one kind. */
import { raw, type Sql } from "../../sql.ts";
import { currentIn, supersededIn, type View } from "../../visible.ts";

/** A table of versions under an alias, and the condition for its rows to be in the view. */
export interface Versions {
  readonly table: Sql;
  readonly where: Sql;
}

/** The current versions and, where the view is of the past, the superseded ones. */
export const versionsIn = (view: View, alias: string): readonly Versions[] => [
  { table: raw(`resources ${alias}`), where: currentIn(view, alias) },
  ...(view.snapshot === null
    ? []
    : [{ table: raw(`history ${alias}`), where: supersededIn(view, view.snapshot, alias) }]),
];
