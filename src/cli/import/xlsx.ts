import { readFileSync, statSync } from "node:fs";
import { readSheet } from "read-excel-file/universal";
import type { Json } from "../../model/json.ts";

/** A workbook cannot be read. */
export class XlsxError extends Error {
  override readonly name = "XlsxError";
}

/** Bytes of a workbook: it is read as a whole, and takes many times as much memory. */
const BYTES_MAX = 64 * 1024 * 1024;

/** Workbooks keep times without a zone, and days as midnight. */
const dateText = (date: Date): string => {
  const text = date.toISOString();
  return text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : text.slice(0, 19);
};

const cellOf = (value: unknown): Json => {
  if (value instanceof Date) return dateText(value);
  if (typeof value === "number" || typeof value === "boolean") return value;
  return typeof value === "string" ? value : null;
};

/**
 * The rows of a sheet, the first one unless one is named: numbers and truth values as they are,
 * dates as `2026-01-31`, empty cells as null.
 *
 * @throws {XlsxError} when the file is no workbook, or too large.
 */
export async function readXlsx(
  path: string,
  sheet: string | undefined,
): Promise<readonly (readonly Json[])[]> {
  const { size } = statSync(path);
  if (size > BYTES_MAX) {
    throw new XlsxError(
      `the workbook has ${size} bytes, at most ${BYTES_MAX} are read: save it as CSV`,
    );
  }
  const bytes = readFileSync(path);
  try {
    const rows = await readSheet(new Blob([bytes]), sheet ?? 1);
    return rows.map((row) => row.map(cellOf));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new XlsxError(`the workbook cannot be read: ${reason}`);
  }
}
