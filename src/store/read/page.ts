/** SQL of one page of a query, and of its count. */
import type { Condition } from "../../query/condition.ts";
import type { Page, Query, SortKey } from "../../query/query.ts";
import { BUILTINS } from "../../schema/builtin/index.ts";
import type { PayloadType } from "../../schema/type.ts";
import { compileCondition, compileSortValue } from "../compile.ts";
import { projectionTable } from "../projection-table.ts";
import { selectRow } from "../row.ts";
import type { Scope } from "../scope.ts";
import { allOf, join, raw, sql, type Sql } from "../sql.ts";
import { currentIn, projectedIn, seenIdentifier, supersededIn } from "../visible.ts";
import {
  branchesOf,
  mayBeMissing,
  nullsOf,
  requiresValue,
  wholeBranch,
  type Branch,
  type SortColumn,
} from "./branches.ts";
import { namedIn } from "./named.ts";
import { isSieve, namesParent } from "./masked.ts";
import { documentScope, needsResource, projectionScope } from "./scopes.ts";
import {
  candidatesFrom,
  eachReach,
  liesUnder,
  limitOf,
  type Candidate,
  type Reaching,
} from "./under.ts";

/** A query ready for SQL: its view, and the payload type when there is exactly one. */
export interface Reading extends Reaching {
  readonly type: PayloadType | null;
}

interface Source {
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
export interface Split {
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

const currentSource = (reading: Reading): { source: Source; split: Split } => {
  const { query, view, type } = reading;
  const scope = type === null ? documentScope("r") : projectionScope(type);
  const split = splitOf(reading, scope);
  const sorts = columnsOf(reading, scope)
    .map((column) => column.value.text)
    .join(" ");
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
      source: {
        past: 0,
        from,
        ref: "r.rid",
        rid: "r.rid",
        identifier: "r.identifier",
        where,
        scope,
      },
      split,
    };
  }
  const joined = needsResource(`${split.sql.text} ${sorts}`);
  const table = candidatesFrom(reading, `${projectionTable(type.name)} x`, "x.rid = u.rid");
  const where = allOf([
    projectedIn(view, "x"),
    split.sql,
    restrictions(reading, { rid: "x.rid", identifier: "x.identifier" }),
  ]);
  const from = raw(joined ? `${table} CROSS JOIN resources r ON r.rid = x.rid` : table);
  return {
    source: { past: 0, from, ref: "x.rid", rid: "x.rid", identifier: "x.identifier", where, scope },
    split,
  };
};

const pastSource = (reading: Reading, snapshot: Sql): Source => {
  const scope = documentScope("h");
  const { query, view } = reading;
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

const columnsOf = (reading: Reading, scope: Scope): readonly SortColumn[] =>
  reading.query.sort.map((key) => ({
    value: sortValue(reading, key, scope),
    direction: key.direction,
    nullable: mayBeMissing(key.path) && !requiresValue(reading.query.condition, key.path),
    nullsFirst: key.missing === "first",
  }));

const whole = (count: number): Sql => sql`CAST(${count} AS INTEGER)`;

const scan = (source: Source, columns: readonly SortColumn[], branch: Branch, limit: Sql): Sql => {
  const values = columns.map(
    (column, position) => sql`, ${column.value} AS ${raw(`s${position}`)}`,
  );
  const order = join([...branch.order, raw(source.identifier)], ", ");
  return sql`SELECT ${raw(`${source.past} AS past, ${source.ref} AS ref, ${source.identifier} AS identifier`)}${join(values, "")}
    FROM ${source.from} WHERE ${allOf([branch.where, source.where])}
    ORDER BY ${order} LIMIT ${limit}`;
};

const outerOrder = (query: Query, alias: string): Sql =>
  raw(
    [
      ...query.sort.map(
        (key, position) =>
          `${alias}.s${position} ${key.direction} ${nullsOf(key.missing === "first")}`,
      ),
      `${alias}.identifier`,
    ].join(", "),
  );

const pageRows = (reading: Reading, page: Page): Sql => {
  const { query, view } = reading;
  const { source } = currentSource(reading);
  const window = limitOf(reading, whole(page.limit + (page.offset ?? 0)));
  const columns = columnsOf(reading, source.scope);
  const branches =
    reading.reach === "few"
      ? [wholeBranch(columns, page.after, source.identifier)]
      : branchesOf(columns, page.after, source.identifier);
  const scans = branches.map((branch) => scan(source, columns, branch, window));
  if (view.snapshot !== null) {
    const past = pastSource(reading, view.snapshot);
    const pastColumns = columnsOf(reading, past.scope);
    scans.push(
      scan(past, pastColumns, wholeBranch(pastColumns, page.after, past.identifier), window),
    );
  }
  const merged = join(
    scans.map((each) => sql`SELECT * FROM (${each})`),
    " UNION ALL ",
  );
  return sql`SELECT * FROM (${merged}) m ORDER BY ${outerOrder(query, "m")}
    LIMIT CAST(${page.limit} AS INTEGER) OFFSET CAST(${page.offset ?? 0} AS INTEGER)`;
};

const sortValues = (query: Query): Sql =>
  raw(query.sort.map((_, position) => `p.s${position}, `).join(""));

/**
 * A page of the present by one sort key: its scans joined to their resources, one after the other.
 * SQLite runs the arms of a UNION ALL from left to right and stops at the limit, so that an arm that
 * is not needed is not even begun.
 */
const presentPage = (reading: Reading, page: Page, children: boolean): Sql => {
  const { query, view } = reading;
  const { source } = currentSource(reading);
  const columns = columnsOf(reading, source.scope);
  const arms = branchesOf(columns, page.after, source.identifier).map(
    (branch) => sql`SELECT ${sortValues(query)}${selectRow(view, "r", { children })}
      FROM (${scan(source, columns, branch, limitOf(reading, whole(page.limit)))}) p
      CROSS JOIN resources r ON r.rid = p.ref`,
  );
  return sql`${join(arms, " UNION ALL ")} LIMIT CAST(${page.limit} AS INTEGER)`;
};

/** A page of any state: the scans of current and superseded rows, merged. */
const mergedPage = (reading: Reading, page: Page, children: boolean): Sql => {
  const { query, view } = reading;
  const from = (table: string, key: string, past: 0 | 1): Sql => {
    const alias = past === 0 ? "r" : "h";
    return sql`SELECT ${sortValues(query)}${selectRow(view, alias, { children })}
      FROM page p CROSS JOIN ${raw(`${table} ${alias} ON ${alias}.${key} = p.ref`)}
      ${raw(view.snapshot === null ? "" : `WHERE p.past = ${past}`)}`;
  };
  const current = from("resources", "rid", 0);
  if (view.snapshot === null) {
    return sql`WITH page AS (${pageRows(reading, page)}) ${current} ORDER BY ${outerOrder(query, "p")} LIMIT CAST(${page.limit} AS INTEGER)`;
  }
  return sql`WITH page AS MATERIALIZED (${pageRows(reading, page)})
    SELECT * FROM (${current} UNION ALL ${from("history", "hid", 1)}) v ORDER BY ${outerOrder(query, "v")}
    LIMIT CAST(${page.limit} AS INTEGER)`;
};

/** The statement of one page: rows with their sort values s0, s1, ... in order. */
export const pageStatement = (reading: Reading, page: Page, children: boolean): Sql => {
  const isPresent = reading.view.snapshot === null && page.offset === undefined;
  const isWalked = isPresent && reading.query.sort.length === 1;
  return eachReach(reading, (each) =>
    isWalked && each.reach !== "few"
      ? presentPage(each, page, children)
      : mergedPage(each, page, children),
  );
};

// Counting the rows of a subquery costs a quarter more than counting those of a table.
const countedIn = (reading: Reading, { from, where }: Source): Sql =>
  reading.reach === undefined
    ? sql`SELECT count(*) AS count FROM ${from} WHERE ${where}`
    : sql`SELECT count(*) AS count FROM (
        SELECT 1 FROM ${from} WHERE ${where} LIMIT ${limitOf(reading, raw("-1"))})`;

const counts = (reading: Reading): Sql => {
  const current = countedIn(reading, currentSource(reading).source);
  const { snapshot } = reading.view;
  if (snapshot === null) return current;
  return sql`${current} UNION ALL ${countedIn(reading, pastSource(reading, snapshot))}`;
};

/** The statement that counts, for conditions that SQL decides alone. */
export const countStatement = (reading: Reading): Sql =>
  sql`SELECT sum(count) AS count FROM (${eachReach(reading, counts)})`;

/**
 * What has to be evaluated row by row; null when SQL decides the whole condition. What SQL leaves
 * over may differ between current and superseded rows, so then the whole condition is evaluated.
 */
export const residualOf = (reading: Reading): Condition | null => {
  const scopes = [currentSource(reading).source.scope, documentScope("h")];
  const isWhole = scopes.every((scope) => splitOf(reading, scope).residual === null);
  return isWhole ? null : reading.query.condition;
};
