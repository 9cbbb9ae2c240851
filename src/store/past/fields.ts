/**
 * The values that resources have had in indexed fields (`past_values`): what the table that a job fills and
 * the reads that go through it have to agree on.
 */
import type { Registry } from "../../schema/type.ts";

/** In place of a value where there is none: it sorts behind every other one. */
export const MISSING = "x''";

/** The level of the first transactions, and that of the last one that there can be. */
const [OLDEST_LEVEL, YOUNGEST_LEVEL] = [1, 26];

/** All levels, as JSON. */
export const LEVELS = JSON.stringify(
  Array.from({ length: YOUNGEST_LEVEL - OLDEST_LEVEL + 1 }, (_, at) => OLDEST_LEVEL + at),
);

/**
 * SQL of the level of a transaction: half of the bits of its number. It never falls from one to the next,
 * and each level has three times as many transactions as all before it.
 */
export function levelOf(transaction: string): string {
  const digits = `printf('%x', ${transaction})`;
  return `max(${OLDEST_LEVEL}, 2 * length(${digits}) - (substr(${digits}, 1, 1) < '4'))`;
}

/** The indexed fields of all payload types, as pairs of the names of a type and a field. */
export function pastFields({ types }: Registry): readonly (readonly [string, string])[] {
  return [...types.values()].flatMap(({ name, indexes }) =>
    indexes.map((field) => [name, field] as const),
  );
}
