import { statSync } from "node:fs";
import type { SourceRule } from "./mapping.ts";
import type { PlaceOf } from "./report.ts";
import { hashFile, type OnColumns, readTable, type TablePart } from "./table.ts";

/** Where rows come from: a table, or a folder of files. */
export interface RowSource {
  readonly bytesTotal: number;
  /** Identifies a state of the source: an interrupted import continues only with the same one. */
  readonly fingerprint: () => Promise<string>;
  /** The rows, always in the same order. */
  readonly parts: (onColumns: OnColumns) => AsyncIterable<TablePart>;
  /** For a folder: the file of a row. */
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
