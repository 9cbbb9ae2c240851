/** Linked records that are read along with a page: one statement for each relation, in the same call. */
import { AppError } from "../../model/error.ts";
import type { JsonObject } from "../../model/json.ts";
import { LIMITS } from "../../model/limits.ts";
import type { Condition } from "../../query/condition.ts";
import type { ConditionRow } from "../../query/matches.ts";
import type { MetadataColumn } from "../../query/path.ts";
import type { RelatedQuery } from "../../query/query.ts";
import type { DatabaseRow } from "../database.ts";
import { selectRow, toRow, type Row } from "../row.ts";
import { join, raw, sql, type Sql } from "../sql.ts";
import type { View } from "../visible.ts";
import { linkedRows } from "./linked.ts";

/** Linked records: by the relations that lead to them, then by the record that they are linked to. */
export type Linked = ReadonlyMap<string, ReadonlyMap<string, readonly Row[]>>;

/** More is linked to the rows of a page than one answer may hold. */
export class LinkedOverflow extends AppError {
  constructor() {
    const detail = `Expected at most ${LIMITS.relatedRowsMax} related records: ask for fewer records at once.`;
    super("invalid_value", detail, {
      details: [{ path: "outputs", code: "invalid_value", detail }],
    });
  }
}

/** The key of `Linked`. */
export const linkedKey = (way: readonly string[]): string => way.join("/");

/** Every way along relations that a query asks for, nearer ones first. */
export const waysOf = (
  related: readonly RelatedQuery[],
  before: readonly string[] = [],
): readonly (readonly string[])[] =>
  related.flatMap((each) => {
    const way = [...before, each.relation];
    return [way, ...waysOf(each.related, way)];
  });

/** The identifiers of one step as a table: those that the step before is linked to. */
const stepTable = (view: View, relation: string, at: number): Sql => {
  const names = { edge: "e", record: "k" };
  const arms = linkedRows(view, relation, "p.identifier", names).map(
    ({ source, where }) =>
      sql`SELECT k.identifier FROM step${raw(String(at - 1))} p CROSS JOIN ${source} WHERE ${where}`,
  );
  return sql`step${raw(String(at))}(identifier) AS MATERIALIZED (${join(arms, " UNION ")})`;
};

/** The statement of the records at the end of a way, each with whom it is linked to. */
const wayStatement = (view: View, parents: Sql, way: readonly string[]): Sql => {
  const last = way.length - 1;
  const steps = [
    sql`step0(identifier) AS MATERIALIZED (${parents})`,
    ...way.slice(0, last).map((relation, at) => stepTable(view, relation, at + 1)),
  ];
  const names = { edge: "e", record: "r" };
  const arms = linkedRows(view, way[last] ?? "", "p.identifier", names).map(
    ({ source, where, row }) => sql`SELECT p.identifier AS parent, r.rid AS place,
      ${selectRow(view, row, { children: false })}
      FROM step${raw(String(last))} p CROSS JOIN ${source} WHERE ${where}`,
  );
  return sql`WITH ${join(steps, ", ")} ${join(arms, " UNION ALL ")}
    ORDER BY place LIMIT ${raw(String(LIMITS.relatedRowsMax + 1))}`;
};

/**
 * The statements of the linked records.
 *
 * @param parents statement of the identifiers to begin with.
 */
export const relatedStatements = (
  view: View,
  parents: Sql,
  ways: readonly (readonly string[])[],
): readonly Sql[] => ways.map((way) => wayStatement(view, parents, way));

/**
 * The linked records from the rows of those statements.
 *
 * @throws LinkedOverflow when there are more than one answer may hold.
 */
export const readLinked = (
  ways: readonly (readonly string[])[],
  results: readonly (readonly DatabaseRow[])[],
): Linked => {
  const total = results.reduce((sum, rows) => sum + rows.length, 0);
  if (total > LIMITS.relatedRowsMax) {
    throw new LinkedOverflow();
  }
  return new Map(
    ways.map((way, at) => {
      const byParent = Map.groupBy(results[at] ?? [], (row) => row["parent"] as string);
      return [
        linkedKey(way),
        new Map([...byParent].map(([name, rows]) => [name, rows.map(toRow)])),
      ];
    }),
  );
};

/** All rows of linked records. */
export const rowsOfLinked = (linked: Linked): readonly Row[] =>
  [...linked.values()].flatMap((byParent) => [...byParent.values()].flat());

/** The relations that a condition speaks of. */
export const relationsIn = (condition: Condition): readonly RelatedQuery[] => {
  if (condition.kind === "and" || condition.kind === "or") {
    return condition.of.flatMap(relationsIn);
  }
  if (condition.kind === "not") return relationsIn(condition.of);
  return condition.kind === "related"
    ? [{ relation: condition.relation, related: relationsIn(condition.condition) }]
    : [];
};

/** The ways without those that come twice. */
export const distinctWays = (
  ways: readonly (readonly string[])[],
): readonly (readonly string[])[] => [
  ...new Map(ways.map((way) => [linkedKey(way), way])).values(),
];

/** What conditions see of a version: its metadata, and its payload as text. */
type Seen = Readonly<Record<MetadataColumn, string | number | null>> & {
  readonly payload: string | null;
};

/** A row with its linked records, as conditions see it. */
export const conditionRow = (
  row: Seen,
  linked: Linked = new Map(),
  way: readonly string[] = [],
): ConditionRow => ({
  column: (name: MetadataColumn) => row[name],
  payload: JSON.parse(row.payload ?? "{}") as JsonObject,
  related: (relation) => {
    const next = [...way, relation];
    const rows = linked.get(linkedKey(next))?.get(row.identifier as string) ?? [];
    return rows.map((each) => conditionRow(each, linked, next));
  },
});
