/** Payload types that only the store itself writes: no surface's create, update or delete may. */
export const INTERNAL_TYPES: ReadonlySet<string> = new Set([
  "grant",
  "source_spec",
  "source_revision",
  "pipeline",
  "instrument",
  "storage_location",
  "service_account",
  "harvest_schedule",
  "hook",
  "instrument_access",
  "harvest_run",
  "file",
  "transfer",
]);

/**
 * Payload types that decide who may see what, or how data are imported: only admins write them, and
 * only admins see them, since they are always restricted.
 */
export const GOVERNING_TYPES: ReadonlySet<string> = new Set([
  "group",
  "project",
  "membership",
  "instrument",
  "storage_location",
  "service_account",
  "harvest_schedule",
  "hook",
  "instrument_access",
  "harvest_run",
]);
