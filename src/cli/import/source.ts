import { statSync } from "node:fs";
import type { SourceRule } from "./mapping.ts";
import type { PlaceOf } from "./report.ts";
import { hashFile, type OnColumns, readTable, type TablePart } from "./table.ts";

/** Where rows come from: a table, or a folder of files. */
export interface RowSource {
  readonly bytesTotal: number;
  /** Tells one state of the source from another: an import that was stopped goes on in it alone. */
  readonly fingerprint: () => Promise<string>;
  /** The rows, always in the same order. */
  readonly parts: (onColumns: OnColumns) => AsyncIterable<TablePart>;
  /** Of a folder: the file that a row stands for. */
  readonly placeOf?: PlaceOf;
}

/** The rows of a table. */
export function tableSource(path: string, rule: SourceRule): RowSource {
  return {
    bytesTotal: statSync(path).size,
    fingerprint: async () => hashFile(path),
    parts: (onColumns) => readTable(path, rule, onColumns),
  };
}
