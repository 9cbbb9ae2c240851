/** Payload types that only the store's own parts write: no surface's create, update or delete may. */
export const INTERNAL_TYPES: ReadonlySet<string> = new Set(["grant"]);
