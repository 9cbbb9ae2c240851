/** Who may see a resource: `restricted` only by grant, ownership or the admin role. */
export const ACCESS_LEVELS = ["public", "internal", "restricted"] as const;

/** One of the access levels. */
export type AccessLevel = (typeof ACCESS_LEVELS)[number];
