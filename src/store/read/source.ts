/** Where the rows of a query come from: the tables, and which of their rows are in the view. */
import type { Condition } from "../../query/condition.ts";
import type { Query, SortKey } from "../../query/query.ts";
import { BUILTINS } from "../../schema/builtin/index.ts";
import type { PayloadType } from "../../schema/type.ts";
import { compileCondition, compileSortValue } from "../compile.ts";
import { projectionTable } from "../projection-table.ts";
import type { Scope } from "../scope.ts";
import { allOf, raw, sql, type Sql } from "../sql.ts";
import {
  currentExisting,
  historyRow,
  projectedExisting,
  resourceRow,
  seenIdentifier,
  supersededIn,
  type VersionRow,
} from "../visible.ts";
import { FOUND, fromArm, inArm, orderedArms, wholeArms, type Arm } from "./arms.ts";
import { mayBeMissing, requiresValue, type SortColumn } from "./branches.ts";
import { withRelated } from "./linked.ts";
import { isSieve, namesParent } from "./masked.ts";
import { namedIn } from "./named.ts";
import { documentScope, needsResource, projectionScope } from "./scopes.ts";
import { candidatesFrom, liesUnder, type Candidate, type Reaching } from "./under.ts";

/** A query ready for SQL: its view, and the payload type when there is exactly one. */
export interface Reading extends Reaching {
  readonly type: PayloadType | null;
  /** The way to its current rows; absent: something else finds them. */
  readonly arm?: Arm;
}

/** True when rows are found by their identifiers, or from a parent, and not looked for in an order. */
const isPointed = ({ query, reach }: Reading): boolean =>
  reach === "few" ||
  query.under?.indirect === false ||
  query.identifiers !== undefined ||
  namedIn(query) !== undefined;

/** The ways to the current rows of a page. */
export const pageArms = (reading: Reading): readonly Arm[] =>
  isPointed(reading) ? [FOUND] : orderedArms(reading.view);

/** The ways to all current rows of a query. */
export const allArms = (reading: Reading): readonly Arm[] =>
  isPointed(reading) ? [FOUND] : wholeArms(reading.view);

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

/** How many scans of one arm a page may take: see `branchesOf`. */
const scansOf = ({ sort: [key, ...others] }: Query): number => {
  if (key === undefined || others.length > 0) return 1;
  return mayBeMissing(key.path) ? 3 : 2;
};

/** How often a statement repeats a condition, at most; the same for every part of it. */
const copiesOf = ({ query, view, type }: Reading): number => {
  const scans = pageArms({ query, view, type }).length * scansOf(query) + 1;
  return Math.max(4, scans) + (query.under?.indirect === true ? 2 : 0);
};

const splitOf = (reading: Reading, scope: Scope): Split => {
  const { query, view } = reading;
  const { condition } = query;
  const masked = view.sight.kind !== "everything" && namesParent(condition);
  if (masked && !isSieve(condition)) return { sql: raw("1"), residual: condition };
  const compiled = compileCondition(condition, scope, copiesOf(reading));
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
  const { query, view, type, arm = FOUND } = reading;
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
      currentExisting(view, "r"),
      inArm(view, arm, "r", null),
      split.sql,
      restrictions(reading, {
        rid: "r.rid",
        identifier: "r.identifier",
        parent: "r.parent_identifier",
      }),
    ]);
    const table = fromArm(arm, "resources r", "r");
    const from = candidatesFrom(reading, table, "r.rid = u.rid");
    return {
      past: 0,
      from,
      ref: "r.rid",
      row: resourceRow("r"),
      identifier: "r.identifier",
      where,
      scope,
    };
  }
  const joined = needsResource(texts.join(" "));
  const projection = fromArm(arm, `${projectionTable(type.name)} x`, "x");
  const table = candidatesFrom(reading, projection, "x.rid = u.rid");
  const where = allOf([
    projectedExisting(view, "x"),
    inArm(view, arm, "x", type.name),
    split.sql,
    restrictions(reading, { rid: "x.rid", identifier: "x.identifier" }),
  ]);
  const from = joined ? sql`${table} CROSS JOIN resources r ON r.rid = x.rid` : table;
  const row = resourceRow("x");
  return { past: 0, from, ref: "x.rid", row, identifier: "x.identifier", where, scope };
};

/** The superseded rows of a query that looks at a state of the past. */
export const pastSource = (reading: Reading, snapshot: Sql): Source => {
  const { query, view } = reading;
  const scope = withRelated(documentScope("h"), view);
  return {
    past: 1,
    from: candidatesFrom(reading, raw("history h"), "h.identifier = u.identifier"),
    ref: "h.hid",
    row: historyRow("h"),
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
