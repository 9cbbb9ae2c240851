/**
 * The resources in an export, listed in objects beside its file: the file is given later only to
 * callers that may still see each of them.
 */
import type { Bucket } from "../bucket.ts";
import { exportRowsKey } from "../key.ts";
import { reach } from "../reach.ts";

/** Identifiers of one part: one object, checked by one statement. */
const PART_ROWS = 10_000;

/** The keys of the list of an export with so many rows. */
export function rowsKeys(id: string, attempt: number, rows: number): readonly string[] {
  return Array.from({ length: Math.ceil(rows / PART_ROWS) }, (_, part) =>
    exportRowsKey(id, attempt, part),
  );
}

/** Writes the list while the rows pass through. */
export interface RowsList {
  readonly add: (identifiers: readonly string[]) => Promise<void>;
  readonly end: () => Promise<void>;
  /** Keys written so far. */
  readonly keys: () => readonly string[];
}

/** A new list; memory holds one part of it. */
export function startRows(bucket: Bucket, id: string, attempt: number): RowsList {
  let waiting: string[] = [];
  const keys: string[] = [];
  const put = async (identifiers: readonly string[]): Promise<void> => {
    const key = exportRowsKey(id, attempt, keys.length);
    keys.push(key);
    await reach(() => bucket.put(key, JSON.stringify(identifiers)));
  };
  return {
    add: async (identifiers) => {
      waiting.push(...identifiers);
      while (waiting.length >= PART_ROWS) {
        await put(waiting.slice(0, PART_ROWS));
        waiting = waiting.slice(PART_ROWS);
      }
    },
    end: async () => {
      if (waiting.length > 0) await put(waiting);
      waiting = [];
    },
    keys: () => keys,
  };
}

/** Reads a list part by part. A missing part is null. */
export async function* readRows(
  bucket: Bucket,
  id: string,
  attempt: number,
  rows: number,
): AsyncGenerator<string | null, void, undefined> {
  for (const key of rowsKeys(id, attempt, rows)) {
    const found = await reach(() => bucket.get(key));
    yield found === null ? null : await reach(() => found.text());
  }
}
