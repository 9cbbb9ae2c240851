/** Where the rows of a query come from: the tables, and which of their rows are in the view. */
import type { Query, SortKey } from "../../query/query.ts";
import { BUILTINS } from "../../schema/builtin/index.ts";
import type { PayloadType } from "../../schema/type.ts";
import { compileSortValue } from "../compile/condition.ts";
import { markCondition, projectionTable } from "../projection/table.ts";
import type { Scope } from "../compile/scope.ts";
import { allOf, raw, sql, type Sql } from "../sql/template.ts";
import {
  currentExisting,
  historyRow,
  projectedExisting,
  resourceRow,
  seenIdentifier,
  supersededIn,
  type VersionRow,
} from "../visibility/visible.ts";
import { FOUND, fromArm, inArm } from "./arms.ts";
import { fieldAt, fieldOf, keyedParts } from "./keyed.ts";
import { mayBeMissing, requiresValue, type SortColumn } from "./keyset.ts";
import { namedIn } from "./identifier-filter.ts";
import { goesByType, type Reading } from "./reading.ts";
import { needsProjection, needsResource } from "./scopes.ts";
import { currentScope, pastScope, splitOf } from "./split.ts";
import { liesIn, placeOf, type Candidate } from "./subtree.ts";

/**
 * Where a statement takes rows from that it examines: by the arms of the table; those that lie in the
 * place of the query (`under`), which are in the view; or a selection with the column `ref` of current
 * rows. Each row of a selection stays, and each of `under` where others are joined to it (`left under`).
 */
export type Examined = "arm" | "under" | "left under" | { readonly rows: Sql };

const isInPlace = (examined: Examined): boolean =>
  examined === "under" || examined === "left under";

/** A table of versions, and the rows of it that a query finds. */
export interface Source {
  readonly past: 0 | 1;
  readonly from: Sql;
  /** Primary key of the row in its table. */
  readonly ref: string;
  readonly row: VersionRow;
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

/** The identifiers of a list, each once. */
const distinct = (named: string): Sql => sql`(SELECT DISTINCT value FROM json_each(${named}))`;

/** Where a row that is examined has to lie, and what it has to be called. */
const restrictions = ({ query, view }: Reading, row: Candidate, examined: Examined): Sql => {
  const place = isInPlace(examined) ? undefined : placeOf(query);
  const conditions = place === undefined ? [] : [liesIn(view, place, row)];
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

/** The row of `under u` in one of the two tables; NULL for the other one. */
export const refWhere = (past: 0 | 1): string => `CASE u.past WHEN ${past} THEN u.ref END`;

/** A table, reached from what is examined. */
const reached = ({ arm = FOUND }: Reading, examined: Examined, table: string, key: string): Sql => {
  if (examined === "arm") return fromArm(arm, table, key.slice(0, key.indexOf(".")));
  if (examined === "under") return raw(`under u CROSS JOIN ${table} ON ${key} = u.ref`);
  if (examined === "left under")
    return raw(`under u LEFT JOIN ${table} ON ${key} = ${refWhere(0)}`);
  return sql`(${examined.rows}) c LEFT JOIN ${raw(`${table} ON ${key} = c.ref`)}`;
};

/** What lies in the place is in the view. */
const inView = (examined: Examined, past: 0 | 1, condition: Sql): Sql =>
  isInPlace(examined) ? raw(`u.past = ${past}`) : condition;

/** What is there in the state; of candidates it is asked later. */
const existing = ({ arm = FOUND }: Reading, condition: Sql): Sql =>
  arm.kind === "candidates" ? raw("1") : condition;

/** What a source is made of beside the query. */
export interface SourceOptions {
  /** Further expressions over the scope that the statement has. */
  readonly wanted?: (scope: Scope) => readonly Sql[];
  readonly examined?: Examined;
}

const currentDocuments = (reading: Reading, examined: Examined): Source => {
  const { query, view, arm = FOUND } = reading;
  const scope = currentScope(reading);
  const candidate = { rid: "r.rid", identifier: "r.identifier", parent: "r.parent_identifier" };
  return {
    past: 0,
    from: reached(reading, examined, "resources r", "r.rid"),
    ref: "r.rid",
    row: resourceRow("r"),
    identifier: "r.identifier",
    where: allOf([
      ofTypes(query, arm.kind.startsWith("class") ? "r" : "+r"),
      inView(
        examined,
        0,
        allOf([existing(reading, currentExisting(view, "r")), inArm(view, arm, "r", null)]),
      ),
      splitOf(reading, "current").sql,
      restrictions(reading, candidate, examined),
    ]),
    scope,
  };
};

/**
 * The current rows of a payload type by the index of `resources` that has them in the order of creation, class
 * by class. Of the projection a row is looked up where it is asked for a field.
 */
const resourcesOfType = (
  walked: Reading,
  type: PayloadType,
  { wanted = () => [] }: SourceOptions,
): Source => {
  const reading: Reading = { ...walked, isByType: true };
  const { view, arm = FOUND } = reading;
  const scope = currentScope(reading);
  const split = splitOf(reading, "current");
  const texts = [
    split.sql,
    ...columnsOf(reading, scope).map((column) => column.value),
    ...wanted(scope),
  ].map(({ text }) => text);
  const rows = "resources r INDEXED BY resources_type";
  const isJoined = needsProjection(texts.join(" "));
  const table = projectionTable(type.name);
  const candidate = { rid: "r.rid", identifier: "r.identifier", parent: "r.parent_identifier" };
  return {
    past: 0,
    from: raw(isJoined ? `${rows} CROSS JOIN ${table} x ON x.rid = r.rid` : rows),
    ref: "r.rid",
    row: resourceRow("r"),
    identifier: "r.identifier",
    where: allOf([
      sql`r.payload_type = ${type.name}`,
      raw("r.is_deleted = 0"),
      existing(reading, projectedExisting(view, "r")),
      inArm(view, arm, "r", type.name),
      split.sql,
      restrictions(reading, candidate, "arm"),
    ]),
    scope,
  };
};

/** What has SQLite take the indexes of fields that were added at run time: it holds for every row. */
const withMarks = ({ query, type }: Reading, isSorted: boolean): Sql => {
  if (type?.marks === undefined) return raw("1");
  const sorted = isSorted ? query.sort.flatMap(({ path }) => fieldAt(path) ?? []) : [];
  const filtered = keyedParts({ query, type }).flatMap((part) => fieldOf(part) ?? []);
  const fields = [...new Set([...sorted, ...filtered])];
  return raw(fields.flatMap((field) => markCondition(type, field) ?? []).join(" AND ") || "1");
};

/** The current rows of a query. */
export function currentSource(reading: Reading, options: SourceOptions = {}): Source {
  const { wanted = () => [], examined = "arm" } = options;
  const { view, type, arm = FOUND, index } = reading;
  if (type === null) return currentDocuments(reading, examined);
  if (examined === "arm" && goesByType(reading)) return resourcesOfType(reading, type, options);
  const scope = currentScope(reading);
  const split = splitOf(reading, "current");
  const texts = [
    split.sql,
    ...columnsOf(reading, scope).map((column) => column.value),
    ...wanted(scope),
  ].map(({ text }) => text);
  const joined = needsResource(texts.join(" "));
  const rows = `${projectionTable(type.name)} x${index === undefined ? "" : ` INDEXED BY ${index}`}`;
  const table = reached(reading, examined, rows, "x.rid");
  const where = allOf([
    inView(
      examined,
      0,
      allOf([existing(reading, projectedExisting(view, "x")), inArm(view, arm, "x", type.name)]),
    ),
    examined === "arm" ? withMarks(reading, index !== undefined) : raw("1"),
    split.sql,
    restrictions(reading, { rid: "x.rid", identifier: "x.identifier" }, examined),
  ]);
  const isLeft = examined !== "arm" && examined !== "under";
  const more = raw(`${isLeft ? "LEFT" : "CROSS"} JOIN resources r ON r.rid = x.rid`);
  const from = joined ? sql`${table} ${more}` : table;
  const row = resourceRow("x");
  return { past: 0, from, ref: "x.rid", row, identifier: "x.identifier", where, scope };
}

/** Superseded rows of the payload types of a query, by their index. */
export function supersededOfTypes({ query }: Reading): Sql {
  return query.payloadTypes.length === 0 ? sql`h.payload_type IN ${ANY_TYPE}` : ofTypes(query, "h");
}

/** The superseded rows of a query that looks at a state of the past. */
export function pastSource(
  reading: Reading,
  snapshot: Sql,
  examined: "arm" | "under" = "arm",
): Source {
  const { query, view } = reading;
  const scope = pastScope(reading);
  const named = examined === "under" ? undefined : namedIn(query);
  const isByType = examined === "arm" && named === undefined;
  const candidate = { rid: "h.rid", identifier: "h.identifier", parent: "h.parent_identifier" };
  const found =
    examined === "under" ? "under u CROSS JOIN history h ON h.hid = u.ref" : "history h";
  return {
    past: 1,
    from:
      named === undefined
        ? raw(found)
        : sql`${distinct(named)} n CROSS JOIN history h ON h.identifier = n.value`,
    ref: "h.hid",
    row: historyRow("h"),
    identifier: "h.identifier",
    where: allOf([
      isByType ? supersededOfTypes(reading) : ofTypes(query, "+h"),
      inView(examined, 1, supersededIn(view, snapshot, "h")),
      splitOf(reading, "past").sql,
      restrictions(reading, candidate, examined),
    ]),
    scope,
  };
}

const sortValue = ({ view }: Reading, key: SortKey, scope: Scope): Sql =>
  key.path.column === "parent_identifier"
    ? seenIdentifier(view.visibility, scope.column("parent_identifier"))
    : compileSortValue(key.path, scope, key.direction);

/** The sort keys of a query over a scope. */
export function columnsOf(reading: Reading, scope: Scope): readonly SortColumn[] {
  return reading.query.sort.map((key) => ({
    value: sortValue(reading, key, scope),
    direction: key.direction,
    nullable: mayBeMissing(key.path) && !requiresValue(reading.query.condition, key.path),
    nullsFirst: key.missing === "first",
  }));
}
