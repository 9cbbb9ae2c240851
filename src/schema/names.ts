/** The dialect of every JSON Schema here. */
export const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** Form of the name of a payload type. */
export const TYPE_NAME = /^[a-z][a-z0-9_]{0,63}$/;

/** Form of a field name that can have a column of its own. */
export const COLUMN_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** Names reserved for payload types of the product. */
export const RESERVED_TYPE_NAMES: ReadonlySet<string> = new Set([
  "instrument",
  "storage_location",
  "service_account",
  "harvest_schedule",
  "hook",
  "file",
  "transfer",
  "source_spec",
  "source_revision",
  "pipeline",
]);
