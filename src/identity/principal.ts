/** What a role may do: `admin` everything, `editor` data, `user` reads. */
export const ROLES = ["admin", "editor", "user"] as const;

/** One of the roles. */
export type Role = (typeof ROLES)[number];

/** What is done to a resource. */
export type Action = "create" | "read" | "update" | "delete" | "administer";

/** Who is calling. Goes into every read and every write of the store. */
export interface Principal {
  readonly kind: "user" | "anonymous" | "system";
  /** `user:<id>`, `anonymous` or `system:<job>`: what the audit record names. */
  readonly id: string;
  readonly role: Role | null;
  /** The version of the user's credentials that the token was issued for; absent for `system`. */
  readonly tokenVersion?: number;
}

/** The principal of requests without a token. */
export const ANONYMOUS: Principal = { kind: "anonymous", id: "anonymous", role: null };
