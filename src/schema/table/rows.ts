/** Validates rows of a table against its columns. Pure, except for the stored unique values. */
import type { Cast } from "./cast.ts";
import {
  TableSchemaError,
  type TableColumns,
  type TableField,
  type TableSchema,
} from "./schema.ts";

/** The values of a row, by the position of the field; null for a missing one. */
export type TableRow = readonly (Cast | null)[];

/** Reports an error of a cell or a row. */
export type NoteError = (row: number, field: string | null, expected: string) => void;

const TYPE_WORDS: Readonly<Record<TableField["kind"], string>> = {
  text: "a value of its type and format",
  integer: "a whole number",
  number: "a number",
  boolean: "a truth value",
  date: "a date",
  json: "JSON of its type",
};

const castCell = (
  field: TableField,
  raw: string,
  note: (expected: string) => void,
): Cast | null => {
  if (field.missing.has(raw)) {
    if (field.required) note("expected a value");
    return null;
  }
  const value = field.cast(raw);
  if (value === undefined) {
    note(`expected ${TYPE_WORDS[field.kind]}`);
    return null;
  }
  for (const check of field.checks) {
    const error = check(value, raw);
    if (error !== undefined) note(error);
  }
  return value;
};

/**
 * Casts the cells of a row.
 *
 * @param row its number: 1 for the first below the header.
 */
export function castRow(
  { places, fields }: TableColumns,
  cells: readonly string[],
  row: number,
  note: NoteError,
): TableRow {
  if (cells.length !== places.length) {
    note(row, null, `expected ${places.length} cells and not ${cells.length}`);
    return fields.map(() => null);
  }
  const values: (Cast | null)[] = [];
  for (const [at, field] of places.entries()) {
    if (field === null) continue;
    values.push(castCell(field, cells[at] ?? "", (expected) => note(row, field.name, expected)));
  }
  return values;
}

/** A digest of 53 bits or more, by which values are distinguished. */
export type Digest = (text: string) => bigint;

/** How many values are stored in all: each takes at least sixteen bytes. */
const REMEMBERED_MAX = 2_000_000;

const placeOf = (slots: BigUint64Array, value: bigint): number => {
  let at = Number(value & BigInt(slots.length - 1));
  while (slots[at] !== 0n && slots[at] !== value) at = (at + 1) & (slots.length - 1);
  return at;
};

const doubled = (slots: BigUint64Array): BigUint64Array<ArrayBuffer> => {
  const larger = new BigUint64Array(slots.length * 2);
  for (const value of slots) if (value !== 0n) larger[placeOf(larger, value)] = value;
  return larger;
};

/** Stores values; returns whether one was seen before. */
const memory = (): ((digest: bigint) => boolean) => {
  let slots = new BigUint64Array(1 << 10);
  let size = 0;
  return (digest) => {
    // Zero marks a free slot.
    const value = digest === 0n ? 1n : digest;
    if (size * 2 >= slots.length) slots = doubled(slots);
    const at = placeOf(slots, value);
    if (slots[at] === value) return true;
    slots[at] = value;
    size += 1;
    return false;
  };
};

/** Finds duplicate values, and reports them. Null when nothing has to be unique. */
export function uniquenessOf(
  { keys }: TableSchema,
  { fields }: TableColumns,
  digest: Digest,
): ((values: TableRow, row: number, note: NoteError) => void) | null {
  const places = new Map(fields.map(({ name }, at) => [name, at]));
  const groups = [...fields.filter(({ unique }) => unique).map(({ name }) => [name]), ...keys].map(
    (names) => ({
      names: names.join(", "),
      at: names.flatMap((name) => places.get(name) ?? []),
      isSeen: memory(),
    }),
  );
  if (groups.length === 0) return null;
  let storedCount = 0;
  return (values, row, note) => {
    storedCount += groups.length;
    if (storedCount > REMEMBERED_MAX) {
      throw new TableSchemaError(
        `expected at most ${REMEMBERED_MAX} values that have to be unique`,
      );
    }
    for (const { names, at, isSeen } of groups) {
      const key = at.map((place) => values[place]?.text ?? null);
      // A missing value differs from every other.
      if (key.includes(null)) continue;
      if (isSeen(digest(JSON.stringify(key))))
        note(row, names, "expected a value that no row before has");
    }
  };
}
