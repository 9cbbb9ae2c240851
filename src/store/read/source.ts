/** Where the rows of a query come from: the tables, and which of their rows are in the view. */
import type { Condition } from "../../query/condition.ts";
import type { Query, SortKey } from "../../query/query.ts";
import { BUILTINS } from "../../schema/builtin/index.ts";
import type { PayloadType } from "../../schema/type.ts";
import { compileCondition, compileSortValue } from "../compile.ts";
import { projectionTable } from "../projection-table.ts";
import type { Scope } from "../scope.ts";
import { allOf, raw, sql, type Sql } from "../sql.ts";
import { currentIn, projectedIn, seenIdentifier, supersededIn } from "../visible.ts";
import { mayBeMissing, requiresValue, type SortColumn } from "./branches.ts";
import { withRelated } from "./linked.ts";
import { isSieve, namesParent } from "./masked.ts";
import { namedIn } from "./named.ts";
import { documentScope, needsResource, projectionScope } from "./scopes.ts";
import { candidatesFrom, liesUnder, type Candidate, type Reaching } from "./under.ts";

/** A query ready for SQL: its view, and the payload type when there is exactly one. */
export interface Reading extends Reaching {
  readonly type: PayloadType | null;
}

/** A table of versions, and the rows of it that a query finds. */
export interface Source {
  readonly past: 0 | 1;
  readonly from: Sql;
  /** Primary key of the row in its table. */
  readonly ref: string;
  readonly rid: string;
  readonly identifier: string;
  readonly where: Sql;
  readonly scope: Scope;
}

/** Every payload type there is: lets an index that begins with the type serve all of them. */
const ANY_TYPE = sql`(SELECT value FROM json_each(${JSON.stringify(Object.keys(BUILTINS))})
  UNION SELECT s.payload_type FROM schemas s)`;

const ofTypes = (query: Query, alias: string): Sql =>
  query.payloadTypes.length === 0
    ? raw("1")
    : sql`${raw(alias)}.payload_type IN (SELECT value FROM json_each(${JSON.stringify(query.payloadTypes)}))`;

const restrictions = (reading: Reading, row: Candidate): Sql => {
  const { query } = reading;
  const conditions = [liesUnder(reading, row)];
  const named = row.rid === "x.rid" ? namedIn(query) : undefined;
  if (named !== undefined) {
    // A projection has no index by identifier: its rows are found from the resources.
    conditions.push(
      sql`x.rid IN (SELECT i.rid FROM json_each(${named}) j CROSS JOIN resources i ON i.identifier = j.value)`,
    );
  } else if (query.identifiers !== undefined) {
    const list = JSON.stringify(query.identifiers);
    conditions.push(sql`${raw(row.identifier)} IN (SELECT value FROM json_each(${list}))`);
  }
  return allOf(conditions);
};

/** The part of a condition that SQL decides, and the rest. */
interface Split {
  readonly sql: Sql;
  readonly residual: Condition | null;
}

/** How often a statement repeats a condition, at most. */
const copiesOf = ({ under }: Query): number => (under?.indirect === true ? 6 : 4);

const splitOf = ({ query, view }: Reading, scope: Scope): Split => {
  const { condition } = query;
  const masked = view.sight.kind !== "everything" && namesParent(condition);
  if (masked && !isSieve(condition)) return { sql: raw("1"), residual: condition };
  const compiled = compileCondition(condition, scope, copiesOf(query));
  return masked ? { sql: compiled.sql, residual: condition } : compiled;
};

/**
 * The current rows of a query.
 *
 * @param wanted further expressions over the scope that the statement has.
 */
export const currentSource = (
  reading: Reading,
  wanted: (scope: Scope) => readonly Sql[] = () => [],
): Source => {
  const { query, view, type } = reading;
  const scope = withRelated(type === null ? documentScope("r") : projectionScope(type), view);
  const split = splitOf(reading, scope);
  const texts = [
    split.sql,
    ...columnsOf(reading, scope).map((column) => column.value),
    ...wanted(scope),
  ].map(({ text }) => text);
  if (type === null) {
    const where = allOf([
      ofTypes(query, "r"),
      currentIn(view, "r"),
      split.sql,
      restrictions(reading, {
        rid: "r.rid",
        identifier: "r.identifier",
        parent: "r.parent_identifier",
      }),
    ]);
    const from = raw(candidatesFrom(reading, "resources r", "r.rid = u.rid"));
    return {
      past: 0,
      from,
      ref: "r.rid",
      rid: "r.rid",
      identifier: "r.identifier",
      where,
      scope,
    };
  }
  const joined = needsResource(texts.join(" "));
  const table = candidatesFrom(reading, `${projectionTable(type.name)} x`, "x.rid = u.rid");
  const where = allOf([
    projectedIn(view, "x"),
    split.sql,
    restrictions(reading, { rid: "x.rid", identifier: "x.identifier" }),
  ]);
  const from = raw(joined ? `${table} CROSS JOIN resources r ON r.rid = x.rid` : table);
  return { past: 0, from, ref: "x.rid", rid: "x.rid", identifier: "x.identifier", where, scope };
};

/** The superseded rows of a query that looks at a state of the past. */
export const pastSource = (reading: Reading, snapshot: Sql): Source => {
  const { query, view } = reading;
  const scope = withRelated(documentScope("h"), view);
  return {
    past: 1,
    from: raw(candidatesFrom(reading, "history h", "h.identifier = u.identifier")),
    ref: "h.hid",
    rid: "h.rid",
    identifier: "h.identifier",
    where: allOf([
      query.payloadTypes.length === 0 ? sql`h.payload_type IN ${ANY_TYPE}` : ofTypes(query, "h"),
      supersededIn(view, snapshot, "h"),
      splitOf(reading, scope).sql,
      restrictions(reading, {
        rid: "h.rid",
        identifier: "h.identifier",
        parent: "h.parent_identifier",
      }),
    ]),
    scope,
  };
};

const sortValue = ({ view }: Reading, key: SortKey, scope: Scope): Sql =>
  key.path.column === "parent_identifier"
    ? seenIdentifier(view.sight, scope.column("parent_identifier"))
    : compileSortValue(key.path, scope, key.direction);

/** The sort keys of a query over a scope. */
export const columnsOf = (reading: Reading, scope: Scope): readonly SortColumn[] =>
  reading.query.sort.map((key) => ({
    value: sortValue(reading, key, scope),
    direction: key.direction,
    nullable: mayBeMissing(key.path) && !requiresValue(reading.query.condition, key.path),
    nullsFirst: key.missing === "first",
  }));

/**
 * What has to be evaluated row by row; null when SQL decides the whole condition. What SQL leaves
 * over may differ between current and superseded rows, so then the whole condition is evaluated.
 */
export const residualOf = (reading: Reading): Condition | null => {
  const past = withRelated(documentScope("h"), reading.view);
  const scopes = [currentSource(reading).scope, past];
  const isWhole = scopes.every((scope) => splitOf(reading, scope).residual === null);
  return isWhole ? null : reading.query.condition;
};
