import type { TablePart, TableRow } from "./table.ts";

/** A batch of rows that passes through the import as one. */
export interface Chunk {
  /** From 0, the same for every run over the same file. */
  readonly number: number;
  readonly rows: readonly TableRow[];
  /** Bytes of the file read when the chunk was full. */
  readonly bytesRead: number;
}

/** Cuts a table into chunks of so many rows, of at most `limit` rows in all. */
export async function* chunkRows(
  parts: AsyncIterable<TablePart>,
  rowsPerChunk: number,
  limit: number,
): AsyncGenerator<Chunk> {
  let number = 0;
  let rows: TableRow[] = [];
  let left = limit;
  let bytesRead = 0;
  for await (const part of parts) {
    bytesRead = part.bytesRead;
    for (const row of part.rows) {
      if (left === 0) break;
      left -= 1;
      rows.push(row);
      if (rows.length < rowsPerChunk) continue;
      yield { number, rows, bytesRead };
      number += 1;
      rows = [];
    }
    if (left === 0) break;
  }
  if (rows.length > 0) yield { number, rows, bytesRead };
}
