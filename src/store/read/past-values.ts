/**
 * Resources in the order of the values that they have had in an indexed field, or in the order of creation
 * among those that have had one of some values (`past_values`). For each resource there is one entry for each
 * value, whenever it had it: which one it had in the state is looked up by whoever reads the entries.
 *
 * In the order of a field they come from several stretches of an index, one for each coarse age: without
 * them a page of an early state would read past all that was written later. The stretches are merged row
 * by row by a recursive query, whose queue holds the next entry of each: see `lanes.ts`.
 */
import type { Condition, Literal } from "../../query/condition.ts";
import type { Page, SortKey } from "../../query/query.ts";
import { LEVELS, levelOf, MISSING } from "../past/fields.ts";
import { allOf, join, raw, sql, type Sql } from "../sql/template.ts";
import { fieldAt, fieldOf, isEquality, keyedParts } from "./keyed.ts";
import { isCreation, requiresValue } from "./keyset.ts";
import type { Reading } from "./reading.ts";
import { instantOf } from "./selections.ts";

/** Values in the order of creation: so many stretches are merged, at most. */
const VALUES_MAX = 50;

/** Entries of a field in the order of a page, from its place on. */
export interface PastEntries {
  readonly field: string;
  /** The relation `past_gate`: the field, the state, and whether the values are there up to it. */
  readonly gate: Sql;
  /** A selection of `rid` and `value` in order; it ends where there are no more. */
  readonly rows: Sql;
}

/** Stretches of one of the two indexes that entries have. */
interface Stretches {
  /** A selection of what tells them apart, as `k`. */
  readonly lanes: Sql;
  readonly key: "level" | "value";
  readonly order: "value" | "created_at";
  readonly direction: SortKey["direction"];
  /** Which part of each is read, under an alias. */
  readonly within: (alias: string) => Sql;
  /** The entry behind which they go on; null: from the beginning. */
  readonly behind: { readonly value: Sql; readonly identifier: Sql } | null;
}

const FIELD = "(SELECT g.field FROM past_gate g)";

const tableOf = ({ key }: Stretches, alias: string): string =>
  `past_values ${alias}${key === "level" ? " INDEXED BY past_values_order" : ""}`;

/** The order value and the identifier of the next entry of a stretch. */
const nextOf = (one: Stretches, lane: string, behind: Stretches["behind"]): Sql => {
  const { key, order, direction, within } = one;
  // The bound that is to be gone by comes first: of two SQLite takes that one.
  const rows = (alias: string, bound: Sql): Sql =>
    sql`${raw(tableOf(one, alias))} WHERE ${raw(`${alias}.field = ${FIELD} AND ${alias}.${key} = ${lane}`)}
      AND ${bound} AND ${within(alias)}`;
  const [operator, suffix] = direction === "asc" ? [">", "ASC"] : ["<", "DESC"];
  const later = behind === null ? raw("1") : sql`${raw(`z.${order} ${operator}`)} ${behind.value}`;
  const value = sql`(SELECT z.${raw(order)} FROM ${rows("z", later)}
    ORDER BY ${raw(`z.${order} ${suffix}`)} LIMIT 1)`;
  const first = sql`SELECT y.${raw(order)}, y.identifier
    FROM ${rows("y", sql`${raw(`y.${order}`)} = ${value}`)} ORDER BY y.identifier LIMIT 1`;
  if (behind === null) return first;
  const tied = sql`${raw(`y.${order}`)} = ${behind.value} AND y.identifier > ${behind.identifier}`;
  return sql`SELECT * FROM (SELECT y.${raw(order)}, y.identifier FROM ${rows("y", tied)}
      ORDER BY y.identifier LIMIT 1)
    UNION ALL SELECT * FROM (${first}) LIMIT 1`;
};

/** The entries of some stretches in order, without those of later transactions. */
const entriesOf = (one: Stretches): Sql => {
  const { lanes, key, order, direction, behind } = one;
  const row = (lane: string): Sql =>
    raw(`SELECT ${lane} AS k, p.${order} AS o, p.identifier, p.rid, p.tx_from`);
  const of = (lane: string, from: Stretches["behind"]): Sql =>
    sql`CROSS JOIN ${raw(tableOf(one, "p"))} ON ${raw(`p.field = ${FIELD} AND p.${key} = ${lane}`)}
      AND (${raw(`p.${order}`)}, p.identifier) = (${nextOf(one, lane, from)})`;
  const last = { value: raw("w.o"), identifier: raw("w.identifier") };
  return sql`WITH RECURSIVE w(k, o, identifier, rid, tx_from) AS (
      ${row("l.k")} FROM (${lanes}) l ${of("l.k", behind)}
      UNION ALL ${row("w.k")} FROM w ${of("w.k", last)}
      ORDER BY 2 ${raw(direction)}, 3)
    SELECT w.rid, ${raw(key === "value" ? "w.k" : "w.o")} AS value FROM w
    WHERE w.tx_from <= (SELECT g.tx FROM past_gate g)`;
};

const literalOf = (value: Literal): Sql =>
  typeof value === "number" && Number.isSafeInteger(value)
    ? sql`CAST(${value} AS INTEGER)`
    : sql`${typeof value === "boolean" ? Number(value) : value}`;

/** Constants of a statement that it names several times: a parameter of each is enough. */
class Constants {
  readonly #values: Sql[] = [];

  /** SQL of a constant. */
  add(value: Sql): Sql {
    this.#values.push(value);
    return raw(`(SELECT g.c${this.#values.length - 1} FROM past_gate g)`);
  }

  /** The columns of all of them, each with a comma before it. */
  columns(): Sql {
    return join(
      // Without a type of its own: for one SQLite would not go by the index of values of any type.
      this.#values.map((value, at) => sql`, iif(1, ${value}, NULL) AS ${raw(`c${at}`)}`),
      "",
    );
  }
}

/** The field that entries go by, and the state of its values at a transaction. */
const gateOf = ({ view, type }: Reading, field: string, snapshot: Sql, constants: Constants): Sql =>
  sql`past_gate AS MATERIALIZED (
    SELECT f.id AS field, t.id AS tx, f.tx >= t.id AS is_open, ${raw(levelOf("t.id"))} AS level,
      ${instantOf(view) ?? raw("NULL")} AS instant${constants.columns()}
    FROM past_fields f CROSS JOIN transactions t ON t.id = ${snapshot}
    WHERE f.payload_type = ${type?.name ?? ""} AND f.field = ${field})`;

/** The values that a condition asks for, each once. */
const valuesIn = (part: Condition): readonly Literal[] => {
  if (part.kind === "in") return [...new Set(part.values)];
  return part.kind === "compare" ? [part.value] : [];
};

/** The entries of one value from the newest on, as the index has them: without a queue. */
const newestFirst = (value: Sql, behind: Stretches["behind"]): Sql => {
  const part = (condition: Sql, order: string): Sql =>
    // Without a limit of its own SQLite would not keep the order.
    sql`SELECT * FROM (SELECT p.rid, p.value FROM past_values p
      WHERE p.field = ${raw(FIELD)} AND p.value = ${value} AND ${condition}
        AND p.tx_from <= (SELECT g.tx FROM past_gate g) ORDER BY ${raw(order)} LIMIT -1)`;
  const byCreated = "p.created_at DESC, p.identifier";
  if (behind === null) return part(createdBefore("p"), byCreated);
  const tied = sql`p.created_at = ${behind.value} AND p.identifier > ${behind.identifier}`;
  const older = sql`p.created_at < ${behind.value}`;
  return sql`${part(tied, "p.identifier")} UNION ALL ${part(older, byCreated)}`;
};

/** Condition on an entry: its resource was there already. */
const createdBefore = (alias: string): Sql =>
  raw(`${alias}.created_at <= (SELECT g.instant FROM past_gate g)`);

/** In the order of creation, of what has had a value that the condition asks for. */
const byCreation = (reading: Reading, page: Page, snapshot: Sql): PastEntries | undefined => {
  const part = keyedParts(reading).find(isEquality);
  const field = part === undefined ? undefined : fieldOf(part);
  if (part === undefined || field === undefined) return undefined;
  const values = valuesIn(part);
  if (values.length > VALUES_MAX) return undefined;
  const { after } = page;
  const constants = new Constants();
  const behind =
    after === undefined
      ? null
      : {
          value: raw(String(Number(after.values[0]))),
          identifier: constants.add(sql`${after.identifier}`),
        };
  const direction = reading.query.sort[0]?.direction ?? "desc";
  const [only, ...others] = values;
  const rows =
    only !== undefined && others.length === 0 && direction === "desc"
      ? newestFirst(constants.add(literalOf(only)), behind)
      : entriesOf({
          lanes: sql`SELECT j.value AS k FROM json_each(${JSON.stringify(values)}) j`,
          key: "value",
          order: "created_at",
          direction,
          within: createdBefore,
          behind,
        });
  return { field, gate: gateOf(reading, field, snapshot, constants), rows };
};

/** An operator, and what a value of a field is compared with by it. */
type Bound = readonly [operator: string, value: Literal];

/** The bounds that the parts of a condition on a field set to its values, or wider ones. */
const boundsOf = (reading: Reading, field: string): readonly Bound[] =>
  keyedParts(reading)
    .filter((part) => fieldOf(part) === field)
    .flatMap((part): readonly Bound[] => {
      if (part.kind === "between") {
        return [
          [">=", part.low],
          ["<=", part.high],
        ];
      }
      if (part.kind !== "compare" || part.op === "ne") return [];
      const operators = { eq: "=", lt: "<=", lte: "<=", gt: ">=", gte: ">=" } as const;
      return [[operators[part.op], part.value]];
    });

/** In the order of a field: what has had a value, and what has had none, one behind the other. */
const byValue = (reading: Reading, page: Page, snapshot: Sql): PastEntries | undefined => {
  const { query, type } = reading;
  const [key] = query.sort;
  const field = key === undefined ? undefined : fieldAt(key.path);
  if (key === undefined || field === undefined) return undefined;
  if (type?.indexes.includes(field) !== true) return undefined;
  const { after } = page;
  const value = after?.values[0] ?? null;
  const stretches = {
    lanes: sql`SELECT j.value AS k FROM past_gate g CROSS JOIN json_each(${LEVELS}) j
      WHERE j.value <= g.level`,
    key: "level",
    order: "value",
  } as const;
  const constants = new Constants();
  const bounds = boundsOf(reading, field).map(
    ([operator, each]) => [operator, constants.add(literalOf(each))] as const,
  );
  const identifier = constants.add(sql`${after?.identifier ?? ""}`);
  const present = entriesOf({
    ...stretches,
    direction: key.direction,
    within: (alias) =>
      // Of two bounds at one end SQLite goes by the first.
      allOf([
        ...bounds.map(([operator, each]) => sql`${raw(`${alias}.value ${operator}`)} ${each}`),
        raw(`${alias}.value < ${MISSING}`),
      ]),
    behind: value === null ? null : { value: constants.add(literalOf(value)), identifier },
  });
  const missing = entriesOf({
    ...stretches,
    direction: "asc",
    within: (alias) => raw(`${alias}.value = ${MISSING}`),
    behind: after === undefined || value !== null ? null : { value: raw(MISSING), identifier },
  });
  const isBehindMissing = after !== undefined && value !== null;
  const isBehindPresent = after !== undefined && value === null;
  const isFirst = key.missing === "first";
  const both = [
    ...(isBehindPresent && !isFirst ? [] : [present]),
    ...(requiresValue(query.condition, key.path) || (isBehindMissing && isFirst) ? [] : [missing]),
  ];
  const ordered = (isFirst ? both.toReversed() : both).map((rows) => sql`SELECT * FROM (${rows})`);
  return {
    field,
    gate: gateOf(reading, field, snapshot, constants),
    rows: join(ordered, " UNION ALL "),
  };
};

/** The entries that have the order of a page of a past state; undefined where none have it. */
export function pastEntries(reading: Reading, page: Page, snapshot: Sql): PastEntries | undefined {
  const [key, ...others] = reading.query.sort;
  if (key === undefined || others.length > 0 || reading.type === null) return undefined;
  return isCreation(key) ? byCreation(reading, page, snapshot) : byValue(reading, page, snapshot);
}
