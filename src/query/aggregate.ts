/**
 * Aggregates over groups of rows, in plain TypeScript: the reference for the SQL of an aggregation.
 */
import type { Json } from "../model/json.ts";
import { compareSortValues } from "./compare.ts";
import { placesAt, type ConditionRow } from "./matches.ts";
import { kindOf } from "./operators.ts";
import type { Path } from "./path.ts";
import type { AggregateProjection, Figure, FigureKind } from "./projection.ts";
import { rootPlace } from "./resolve.ts";
import { compareText } from "./text.ts";

/** One row of an aggregation: group keys first, then aggregates. */
export type AggregateRow = readonly (string | number | boolean | null)[];

type Value = string | number | boolean | null;

/** An aggregation that consumes rows one by one. */
export interface Aggregation {
  readonly add: (row: ConditionRow) => void;
  /** Characters of the strings that it holds in memory. */
  readonly characters: () => number;
  /** The rows of the groups, in the order of the projection. */
  readonly rows: () => readonly AggregateRow[];
}

const isOf = (value: Json, holds: FigureKind | null): boolean =>
  holds === null ? value !== null : kindOf(value) === holds;

const valueAt = (row: ConditionRow, path: Path, holds: FigureKind | null): Json => {
  const [place] = placesAt(path, rootPlace(row.payload), row.column);
  const value = place?.value ?? null;
  return isOf(value, holds) ? value : null;
};

/** The state of one aggregate. */
interface Tally {
  count: number;
  sum: number;
  extreme: Value;
}

const isBeyond = (value: Value, extreme: Value, least: boolean): boolean => {
  if (extreme === null) return true;
  const order =
    typeof value === "string" && typeof extreme === "string"
      ? compareText(value, extreme)
      : Number(value) - Number(extreme);
  return least ? order < 0 : order > 0;
};

const lengthOf = (value: Value): number => (typeof value === "string" ? value.length : 0);

/** Adds a row to a tally; returns how many more characters it keeps. */
const note = (tally: Tally, figure: Figure, row: ConditionRow): number => {
  const { path, holds, function: name } = figure;
  if (path === null) {
    tally.count += 1;
    return 0;
  }
  const value = valueAt(row, path, holds) as Value;
  if (value === null) return 0;
  tally.count += 1;
  if (typeof value === "number") tally.sum += value;
  const isKept = name === "min" || name === "max";
  if (!isKept || !isBeyond(value, tally.extreme, name === "min")) return 0;
  const more = lengthOf(value) - lengthOf(tally.extreme);
  tally.extreme = value;
  return more;
};

const resultOf = (tally: Tally, { function: name }: Figure): Value => {
  if (name === "count") return tally.count;
  if (tally.count === 0) return null;
  if (name === "sum") return tally.sum;
  return name === "avg" ? tally.sum / tally.count : tally.extreme;
};

/** The sort position of a row of an aggregation: by the sort, then by the groups. */
const compareAggregates =
  ({ groups, figures, sort }: AggregateProjection) =>
  (left: AggregateRow, right: AggregateRow): number => {
    const names = [...groups, ...figures].map(({ name }) => name);
    const keys = [
      ...sort.map(({ name, direction }) => ({ at: names.indexOf(name), direction })),
      ...groups.map((_, at) => ({ at, direction: "asc" as const })),
    ];
    for (const { at, direction } of keys) {
      const [one, other] = [left, right].map((row) => {
        const value = row[at] ?? null;
        return typeof value === "boolean" ? Number(value) : value;
      });
      const order = compareSortValues(one ?? null, other ?? null, direction);
      if (order !== 0) return order;
    }
    return 0;
  };

/** An empty aggregation. Without groups it has one row even when no rows are added. */
export function aggregationOf(projection: AggregateProjection): Aggregation {
  const { groups, figures } = projection;
  const tallies = new Map<string, { readonly values: AggregateRow; readonly tallies: Tally[] }>();
  let characters = 0;
  const groupOf = (values: AggregateRow) => {
    const key = JSON.stringify(values);
    const known = tallies.get(key);
    if (known !== undefined) return known;
    characters += key.length;
    const fresh = figures.map((): Tally => ({ count: 0, sum: 0, extreme: null }));
    const created = { values, tallies: fresh };
    tallies.set(key, created);
    return created;
  };
  if (groups.length === 0) groupOf([]);
  return {
    add: (row) => {
      const values = groups.map(({ path, holds }) => valueAt(row, path, holds) as Value);
      const group = groupOf(values);
      figures.forEach((figure, at) => {
        characters += note(group.tallies[at] as Tally, figure, row);
      });
    },
    characters: () => characters,
    rows: () =>
      [...tallies.values()]
        .map((group) => [
          ...group.values,
          ...figures.map((figure, at) => resultOf(group.tallies[at] as Tally, figure)),
        ])
        .toSorted(compareAggregates(projection)),
  };
}
