import { statSync } from "node:fs";
import type { Json } from "../../model/json.ts";
import type { FieldRule, Mapping, SourceRule } from "./mapping.ts";
import type { PlaceOf, RejectedForm } from "./report.ts";
import { hashFile } from "./bytes.ts";
import {
  type OnColumns,
  REASON_NAME,
  readTable,
  reasonCell,
  tableFormat,
  type TablePart,
} from "./table.ts";
import { cellText } from "./template.ts";

/** Where rows come from: a table, or a folder of files. */
export interface RowSource {
  readonly kind: "table" | "dicom" | "bids";
  readonly bytesTotal: number;
  /** Identifies a state of the source: an interrupted import continues only with the same one. */
  readonly fingerprint: () => Promise<string>;
  /** The rows, always in the same order. */
  readonly parts: (onColumns: OnColumns) => AsyncIterable<TablePart>;
  /** For a folder: the file of a row. */
  readonly placeOf?: PlaceOf;
  /** For a table: how rejected rows are written, and the ending of their file. */
  readonly rejected?: { readonly form: RejectedForm; readonly extension: string };
  /** For a folder: the path of a row's file on this machine, if it is there. */
  readonly fileOf?: (line: number) => string | undefined;
}

const BYTE_ORDER_MARK = "\uFEFF";

/** A field of CSV with any one-character delimiter. */
const csvField = (text: string, delimiter: string): string =>
  text.includes(delimiter) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** The columns whose numbers have decimal commas by the mapping. */
const commaColumns = ({ patient, resources = [], study }: Mapping): ReadonlySet<string> => {
  const payloads = [patient, study, ...resources].map((one) => one?.payload ?? {});
  const rules: readonly FieldRule[] = payloads.flatMap((payload) => Object.values(payload));
  const commas = rules.filter(({ decimal }) => decimal === ",");
  return new Set(commas.flatMap(({ column, columns = [] }) => [column ?? [], columns].flat()));
};

/** A cell as text. A number of a workbook is written as its column is read: 1.024 is not 1024. */
const cellAsRead = (cell: Json | undefined, hasComma: boolean): string => {
  const text = cellText(cell) ?? "";
  return typeof cell === "number" && hasComma ? text.replace(".", ",") : text;
};

/** Rejected rows in the form of their table, so that the same mapping reads them again. */
const csvForm = (
  rule: SourceRule,
  delimiter: string,
  columns: () => readonly string[],
  commas: ReadonlySet<string>,
): RejectedForm => {
  const names = (): readonly string[] => columns().filter((name) => name !== "");
  const line = (cells: readonly string[]): string =>
    `${cells.map((cell) => csvField(cell, delimiter)).join(delimiter)}\r\n`;
  const expected = rule.expect_header ?? [];
  return {
    head: () => {
      if (rule.header === "none") return BYTE_ORDER_MARK;
      const head =
        rule.header === "skip" ? names().map((name, index) => expected[index] ?? name) : names();
      return BYTE_ORDER_MARK + line([...head, REASON_NAME]);
    },
    row: (row, reason) => {
      if ("leftOut" in row) return "";
      const cells =
        "cells" in row
          ? names().map((name) => cellAsRead(row.cells.get(name), commas.has(name)))
          : (row.raw ?? []);
      return line([...cells, reasonCell(reason)]);
    },
  };
};

const NDJSON_FORM: RejectedForm = {
  head: () => "",
  row: (row, reason) => {
    if ("leftOut" in row) return "";
    const members =
      "cells" in row ? Object.fromEntries(row.cells) : { "vxdata:text": row.raw?.[0] ?? "" };
    return `${JSON.stringify({ ...members, [REASON_NAME]: reason })}\n`;
  },
};

/** The rows of a table, which is written down as the mapping says. */
export function tableSource(path: string, mapping: Mapping): RowSource {
  const rule = mapping.source ?? {};
  const { delimiter, format } = tableFormat(path, rule);
  let columns: readonly string[] = [];
  // A workbook's rows are kept as CSV.
  const form =
    format === "ndjson"
      ? NDJSON_FORM
      : csvForm(rule, delimiter, () => columns, commaColumns(mapping));
  const extension = format === "ndjson" ? "ndjson" : delimiter === "\t" ? "tsv" : "csv";
  return {
    kind: "table",
    bytesTotal: statSync(path).size,
    fingerprint: async () => hashFile(path),
    rejected: { form, extension },
    parts: (onColumns) =>
      readTable(path, rule, (names) => {
        columns = names;
        onColumns(names);
      }),
  };
}
