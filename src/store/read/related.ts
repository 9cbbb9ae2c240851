/** Linked records that are read along with a page: one statement for each relation, in the same call. */
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import { payloadOf } from "../../model/resource.ts";
import type { Condition } from "../../query/condition.ts";
import type { ConditionRow } from "../../query/matches.ts";
import { membersOfCondition, memberNames, unionOf, type Members } from "../../query/members.ts";
import type { MetadataColumn } from "../../query/path.ts";
import type { RelatedQuery } from "../../query/query.ts";
import { loadedBytes, type RowLoad } from "./row-load.ts";
import { selectRow, toRow, type Row, type SelectedRow } from "./row.ts";
import { join, raw, sql, type Sql, type Statement } from "../sql/template.ts";
import type { View } from "../visibility/visible.ts";
import { linkedRows } from "./linked.ts";

/** A record at the end of a way. */
export interface LinkedRow extends SelectedRow {
  /** The record that it is linked to. */
  readonly parent: Row["identifier"];
  /** Bytes of the records up to this one. */
  readonly total: number;
}

/** Linked records: by the relations that lead to them, then by the record that they are linked to. */
export type Linked = ReadonlyMap<string, ReadonlyMap<string, readonly Row[]>>;

/** More is linked to the rows of a page than one answer may hold. */
export class LinkedOverflow extends AppError {
  constructor() {
    const detail = `Expected at most ${LIMITS.relatedRowsMax} related records, and at most ${LIMITS.pageBytesMax} bytes of them: ask for fewer records at once, or for fewer fields.`;
    super("invalid_value", detail, {
      details: [{ path: "outputs", code: "invalid_value", detail }],
    });
  }
}

/** A way along relations, and what is needed of the records at its end. */
export interface Way {
  readonly steps: readonly string[];
  /** Top-level members of their payloads; absent: all. */
  readonly members?: readonly string[];
}

/** The key of `Linked`. */
export function linkedKey(steps: readonly string[]): string {
  return steps.join("/");
}

const wayOf = (steps: readonly string[], members: Members): Way => {
  const names = memberNames(members);
  return { steps, ...(names === undefined ? {} : { members: names }) };
};

const membersAt = ({ members }: Pick<Way, "members">): Members =>
  members === undefined ? "all" : new Set(members);

/** Every way along relations that a query asks for, nearer ones first. */
export function waysOf(
  related: readonly RelatedQuery[],
  before: readonly string[] = [],
): readonly Way[] {
  return related.flatMap((each) => {
    const steps = [...before, each.relation];
    return [wayOf(steps, membersAt(each)), ...waysOf(each.related, steps)];
  });
}

/** The identifiers of one step as a table: those that the step before is linked to. */
const stepTable = (view: View, relation: string, at: number): Sql => {
  const names = { edge: "e", record: "k" };
  const arms = linkedRows(view, relation, "p.identifier", names).map(
    ({ source, where }) =>
      sql`SELECT k.identifier FROM step${raw(String(at - 1))} p CROSS JOIN ${source} WHERE ${where}`,
  );
  return sql`step${raw(String(at))}(identifier) AS MATERIALIZED (${join(arms, " UNION ")})`;
};

/** Bytes that a record adds to what is loaded. */
const weightOf = (alias: string, load: RowLoad): Sql =>
  sql`${loadedBytes(alias, load)} + coalesce(octet_length(${raw(alias)}.derived_from), 0)`;

/**
 * The statement of the records at the end of a way, each with whom it is linked to: as many of them,
 * in order, as have room together, and the one after these.
 */
const wayStatement = (
  view: View,
  parents: Sql,
  { steps, members }: Way,
  room: number,
): Statement<LinkedRow> => {
  const last = steps.length - 1;
  const load: RowLoad = { children: false, ...(members === undefined ? {} : { members }) };
  const tables = [
    sql`step0(identifier) AS MATERIALIZED (${parents})`,
    ...steps.slice(0, last).map((relation, at) => stepTable(view, relation, at + 1)),
  ];
  const names = { edge: "e", record: "r" };
  const linked = linkedRows(view, steps[last] ?? "", "p.identifier", names);
  const found = linked.map(
    ({ source, where, key }, at) => sql`SELECT p.identifier AS parent, r.rid AS place,
      ${raw(`r.${key} AS ref, ${at} AS arm`)}, ${weightOf("r", load)} AS bytes
      FROM step${raw(String(last))} p CROSS JOIN ${source} WHERE ${where}`,
  );
  const rows = linked.map(
    ({ table, key, row }, at) => sql`SELECT f.parent, f.place, f.total,
      ${selectRow(view, row, load)} FROM found f
      CROSS JOIN ${raw(`${table} r ON r.${key} = f.ref`)}
      WHERE ${raw(`f.arm = ${at} AND f.total - f.bytes <= ${room}`)}`,
  );
  return sql`WITH ${join(tables, ", ")}, found AS MATERIALIZED (
      SELECT *, sum(bytes) OVER (ORDER BY place ROWS UNBOUNDED PRECEDING) AS total
      FROM (${join(found, " UNION ALL ")}) ORDER BY place
      LIMIT ${raw(String(LIMITS.relatedRowsMax + 1))})
    ${join(rows, " UNION ALL ")} ORDER BY place`;
};

/** Bytes of the records at the end of each of several ways. */
const roomOf = (ways: readonly Way[]): number =>
  Math.floor(LIMITS.pageBytesMax / Math.max(1, ways.length));

/**
 * The statements of the linked records.
 *
 * @param parents statement of the identifiers to begin with.
 */
export function relatedStatements(
  view: View,
  parents: Sql,
  ways: readonly Way[],
): readonly Statement<LinkedRow>[] {
  return ways.map((way) => wayStatement(view, parents, way, roomOf(ways)));
}

/**
 * The linked records from the rows of those statements.
 *
 * @throws LinkedOverflow when there are more than one answer may hold.
 */
export function readLinked(
  ways: readonly Way[],
  results: readonly (readonly LinkedRow[])[],
): Linked {
  const count = results.reduce((sum, rows) => sum + rows.length, 0);
  const room = roomOf(ways);
  const isOver = results.some((rows) => rows.some((row) => row.total > room));
  if (count > LIMITS.relatedRowsMax || isOver) throw new LinkedOverflow();
  return new Map(
    ways.map(({ steps }, at) => {
      const byParent = Map.groupBy(results[at] ?? [], ({ parent }) => parent);
      return [
        linkedKey(steps),
        new Map([...byParent].map(([name, rows]) => [name, rows.map(toRow)])),
      ];
    }),
  );
}

/** All rows of linked records. */
export function rowsOfLinked(linked: Linked): readonly Row[] {
  return [...linked.values()].flatMap((byParent) => [...byParent.values()].flat());
}

/** The relations that a condition speaks of, and what it looks at in the records that they lead to. */
export function relationsIn(condition: Condition): readonly RelatedQuery[] {
  if (condition.kind === "and" || condition.kind === "or") {
    return condition.of.flatMap(relationsIn);
  }
  if (condition.kind === "not") return relationsIn(condition.of);
  if (condition.kind !== "related") return [];
  const members = memberNames(membersOfCondition(condition.condition));
  return [
    {
      relation: condition.relation,
      related: relationsIn(condition.condition),
      ...(members === undefined ? {} : { members }),
    },
  ];
}

/** Each way once, with what is needed at its end by any that leads there. */
export function distinctWays(ways: readonly Way[]): readonly Way[] {
  return [...Map.groupBy(ways, ({ steps }) => linkedKey(steps)).values()].map((same) =>
    wayOf(same[0]?.steps ?? [], unionOf(same.map(membersAt))),
  );
}

/** What conditions see of a version: its metadata, and its payload as text. */
type Seen = Readonly<Record<MetadataColumn, string | number | null>> & {
  readonly identifier: string;
  readonly payload: string | null;
};

/** A row with its linked records, as conditions see it. */
export function conditionRow(
  row: Seen,
  linked: Linked = new Map(),
  way: readonly string[] = [],
): ConditionRow {
  return {
    column: (name: MetadataColumn) => row[name],
    payload: payloadOf(row),
    related: (relation) => {
      const next = [...way, relation];
      const rows = linked.get(linkedKey(next))?.get(row.identifier) ?? [];
      return rows.map((each) => conditionRow(each, linked, next));
    },
  };
}
