/** Payload types that only the store's own parts write: no surface's create, update or delete may. */
export const INTERNAL_TYPES: ReadonlySet<string> = new Set([
  "grant",
  "source_spec",
  "source_revision",
  "pipeline",
]);

/**
 * Payload types that decide who may see what: admins alone write them, and who is no admin sees none
 * of them, since they are always restricted.
 */
export const GOVERNING_TYPES: ReadonlySet<string> = new Set(["group", "project", "membership"]);
