/** The table as a whole cannot be read: not the file that the mapping is for, or damaged. */
export class TableError extends Error {
  override readonly name = "TableError";
}
