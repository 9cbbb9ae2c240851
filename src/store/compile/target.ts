/** Compiles paths to SQL: from the spot where they start to the value at their end. */
import type { MetadataColumn, Path, Segment } from "../../query/path.ts";
import { isIndex } from "../../query/resolve.ts";
import type { FieldKind } from "../../schema/type.ts";
import type { Literals } from "./literal.ts";
import type { Scope } from "./scope.ts";
import { raw, sql, type Sql } from "../sql/template.ts";

/** What the compilation of one condition needs. */
export interface Context {
  readonly scope: Scope;
  readonly literals: Literals;
}

type Step = Extract<Segment, { readonly kind: "key" | "index" }>;

/**
 * A place in a document: some steps below the payload, below a row of json_each, or below a member
 * that is missing.
 */
export interface Spot {
  readonly base:
    | { readonly kind: "payload" }
    | { readonly kind: "row"; readonly alias: string; readonly owner: Spot | undefined }
    | { readonly kind: "missing"; readonly owner: Spot | undefined };
  readonly steps: readonly Step[];
}

/** The payload itself: where the paths of a condition start. */
export const PAYLOAD: Spot = { base: { kind: "payload" }, steps: [] };

/** True for the payload itself. */
export function isPayload(spot: Spot): boolean {
  return spot.base.kind === "payload" && spot.steps.length === 0;
}

/** Kinds of value that a column holds beside NULL. */
export type ColumnKind = "text" | "number" | "boolean";

/** The value at the end of a path, in SQL. */
export type Target =
  | { readonly kind: "nothing" }
  | { readonly kind: "column"; readonly value: Sql; readonly holds: ColumnKind }
  | {
      readonly kind: "json";
      readonly spot: Spot;
      /** The result of json_type; NULL where the path does not exist. */
      readonly type: Sql;
      /** A scalar as itself (booleans 1 and 0), a list or an object as JSON text. */
      readonly value: Sql;
      /** Table-valued call with a row for each element or member. */
      readonly members: Sql;
      /** Number of elements of a list. */
      readonly length: Sql;
    };

const NOTHING: Target = { kind: "nothing" };

const NUMERIC_COLUMNS: readonly MetadataColumn[] = ["version", "created_at", "updated_at"];

const HOLDS: Readonly<Record<FieldKind, ColumnKind | undefined>> = {
  string: "text",
  integer: "number",
  number: "number",
  boolean: "boolean",
  date: "text",
  datetime: "text",
  list: undefined,
  json: undefined,
};

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** False for names that a JSON path of SQLite cannot express: its paths have no escapes. */
const isSpeakable = (name: string): boolean => JSON.stringify(name) === `"${name}"`;

const stepText = (step: Step): string => {
  if (step.kind === "index") return step.index < 0 ? `[#${step.index}]` : `[${step.index}]`;
  return PLAIN_NAME.test(step.name) ? `.${step.name}` : `."${step.name}"`;
};

/** A JSON path: part of the SQL text when all its names are plain words, else a constant. */
const jsonPath = (steps: readonly Step[], literals: Literals): Sql => {
  const path = `$${steps.map(stepText).join("")}`;
  const plain = steps.every((step) => step.kind === "index" || PLAIN_NAME.test(step.name));
  return plain ? raw(`'${path}'`) : literals.text(path);
};

const jsonTarget = (json: Sql, steps: readonly Step[], spot: Spot, context: Context): Target => {
  const path = jsonPath(steps, context.literals);
  return {
    kind: "json",
    spot,
    type: sql`json_type(${json}, ${path})`,
    value: sql`${json} ->> ${path}`,
    members: sql`json_each(${json}, ${path})`,
    length: sql`json_array_length(${json}, ${path})`,
  };
};

/** A row of json_each, or a value below it. The row's value is JSON text unless it has an atom. */
const rowTarget = (alias: string, spot: Spot, context: Context): Target => {
  const json = raw(`iif(${alias}.atom IS NULL, ${alias}.value, NULL)`);
  if (spot.steps.length > 0) return jsonTarget(json, spot.steps, spot, context);
  return {
    kind: "json",
    spot,
    type: raw(`${alias}.type`),
    value: raw(`${alias}.value`),
    members: sql`json_each(${json})`,
    length: sql`json_array_length(${json})`,
  };
};

const payloadTarget = (spot: Spot, context: Context): Target => {
  const { scope } = context;
  const [first, ...rest] = spot.steps;
  const field = first?.kind === "key" ? scope.field(first.name) : undefined;
  if (field === undefined) return jsonTarget(raw(scope.payload), spot.steps, spot, context);
  const holds = HOLDS[field.kind];
  if (holds === undefined) return jsonTarget(raw(field.sql), rest, spot, context);
  return rest.length === 0 ? { kind: "column", value: raw(field.sql), holds } : NOTHING;
};

/** The value at a spot. */
export function targetAt(spot: Spot, context: Context): Target {
  switch (spot.base.kind) {
    case "payload":
      return payloadTarget(spot, context);
    case "row":
      return rowTarget(spot.base.alias, spot, context);
    case "missing":
      return NOTHING;
  }
}

/** The nearest object around a spot, by the form of its path. */
const ownerOf = (spot: Spot): Spot | undefined => {
  const key = spot.steps.findLastIndex((step) => step.kind === "key");
  if (key !== -1) return { base: spot.base, steps: spot.steps.slice(0, key) };
  return spot.base.kind === "payload" ? undefined : spot.base.owner;
};

const sizeTarget = (target: Target): Target => {
  const size = (value: Sql): Target => ({ kind: "column", value, holds: "number" });
  // Not a bare 0: ORDER BY would read it as a column number.
  if (target.kind === "nothing") return size(raw("CAST(0 AS INTEGER)"));
  if (target.kind === "column") return size(sql`CASE WHEN ${target.value} IS NULL THEN 0 END`);
  return size(
    sql`CASE WHEN ${target.value} IS NULL THEN 0 WHEN ${target.type} = 'array' THEN ${target.length} END`,
  );
};

/** Rows of json_each under an alias that is free at the level of nesting. */
export interface Rows {
  readonly alias: string;
  readonly source: Sql;
}

/** The elements or members of a target as rows. */
export function rowsOf(target: Extract<Target, { readonly kind: "json" }>, level: number): Rows {
  const alias = `j${level}`;
  return { alias, source: sql`${target.members} ${raw(alias)}` };
}

/** An element of the list at a spot, as a row. */
export function elementSpot(list: Spot, alias: string): Spot {
  return {
    base: { kind: "row", alias, owner: ownerOf(list) },
    steps: [],
  };
}

/** What a path compiles to: at its end, and at a fork, where it continues from several rows. */
export interface Fold<Result> {
  readonly end: (target: Target, level: number) => Result;
  /** The filter selects the rows; `otherwise` applies when there are none. */
  readonly fork: (
    rows: Rows & { readonly filter: Sql },
    inner: Result,
    otherwise: Result,
  ) => Result;
}

/** Where paths start: a spot, and how many forks there are around it. */
export interface Start {
  readonly spot: Spot;
  readonly level: number;
  readonly context: Context;
}

/** What stays the same along a path. */
interface Walk<Result> {
  readonly context: Context;
  readonly segments: readonly Segment[];
  readonly fold: Fold<Result>;
}

/** Follows a path, by the rules of `resolve`. */
export function follow<Result>(path: Path, start: Start, fold: Fold<Result>): Result {
  const { column, segments } = path;
  const { context, level } = start;
  if (column === undefined) return walk({ context, segments, fold }, 0, start.spot, level);
  if (segments.length > 0) return fold.end(NOTHING, level);
  const holds = NUMERIC_COLUMNS.includes(column) ? "number" : "text";
  return fold.end({ kind: "column", value: raw(context.scope.column(column)), holds }, level);
}

const walk = <Result>(going: Walk<Result>, position: number, spot: Spot, level: number): Result => {
  const { context, segments, fold } = going;
  const start: Start = { spot, level, context };
  const segment = segments[position];
  if (segment === undefined) return fold.end(targetAt(spot, context), level);
  const on: Onward<Result> = (next, forks = level) => walk(going, position + 1, next, forks);
  switch (segment.kind) {
    case "key":
      return isSpeakable(segment.name)
        ? on({ ...spot, steps: [...spot.steps, segment] })
        : forkAtMember(going, memberOf(segment.name, start), start, on);
    case "index":
      return isIndex(segment.index)
        ? on({ ...spot, steps: [...spot.steps, segment] })
        : fold.end(NOTHING, level);
    case "keyOrIndex":
      return forkAtMember(going, memberOrElement(segment.name, start), start, on);
    case "size": {
      const isLast = position === segments.length - 1;
      return fold.end(isLast ? sizeTarget(targetAt(spot, context)) : NOTHING, level);
    }
    case "parent": {
      const owner = ownerOf(spot);
      return owner === undefined ? fold.end(NOTHING, level) : on(owner);
    }
    case "any":
      return forkAtElements(going, start, on);
  }
};

type Onward<Result> = (next: Spot, level?: number) => Result;

const forkAtElements = <Result>(
  { fold }: Walk<Result>,
  { spot, level, context }: Start,
  on: Onward<Result>,
): Result => {
  const target = targetAt(spot, context);
  const nothing = fold.end(NOTHING, level);
  if (target.kind !== "json") return nothing;
  const rows = rowsOf(target, level);
  // The members of an object have text keys, and a scalar is a row without a key.
  const filter = raw(`typeof(${rows.alias}.key) = 'integer'`);
  return fold.fork({ ...rows, filter }, on(elementSpot(spot, rows.alias), level + 1), nothing);
};

/** A member that is found by the rows of json_each, and the object that owns it. */
interface Member {
  readonly owner: Spot | undefined;
  /** Condition on the key of a row. */
  readonly filter: (key: string) => Sql;
}

const forkAtMember = <Result>(
  { fold }: Walk<Result>,
  { owner, filter }: Member,
  { spot, level, context }: Start,
  on: Onward<Result>,
): Result => {
  const target = targetAt(spot, context);
  const missing = on({ base: { kind: "missing", owner }, steps: [] });
  if (target.kind !== "json") return missing;
  const rows = rowsOf(target, level);
  const member: Spot = { base: { kind: "row", alias: rows.alias, owner }, steps: [] };
  const found = { ...rows, filter: filter(`${rows.alias}.key`) };
  return fold.fork(found, on(member, level + 1), missing);
};

const memberOf = (name: string, { spot, context }: Start): Member => ({
  owner: spot,
  filter: (key) => sql`${raw(key)} = ${context.literals.text(name)}`,
});

/** The keys of json_each are text for members of an object, and integers for elements of an array. */
const memberOrElement = (name: string, { context }: Start): Member => ({
  owner: undefined,
  filter: (key) =>
    sql`(${raw(key)} = ${context.literals.text(name)} OR ${raw(`${key} = ${Number(name)}`)})`,
});
