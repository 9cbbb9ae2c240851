/** The roles: `admin` may do everything, `editor` writes data, `user` reads. */
export const ROLES = ["admin", "editor", "user"] as const;

/** One of the roles. */
export type Role = (typeof ROLES)[number];

/** Actions that a policy can permit. */
export const POLICY_ACTIONS = ["create", "read", "update", "delete", "harvest"] as const;

/** One of them. */
export type PolicyAction = (typeof POLICY_ACTIONS)[number];

/** An action on a resource; only the role `admin` permits `administer`. */
export type Action = PolicyAction | "administer";

/** One permission: these actions on these payload types (`*` for all of them). */
export interface Permission {
  readonly payloadTypes: readonly string[];
  readonly actions: readonly Action[];
  /** True: only on resources that the principal owns. */
  readonly ownerOnly: boolean;
}

/** The caller. Every read and every write of the store gets one. */
export interface Principal {
  readonly kind: "user" | "apk" | "anonymous" | "system";
  /** `user:<id>`, `apk:<key>`, `anonymous` or `system:<job>`, as in the audit record. */
  readonly id: string;
  /** Keys have none. */
  readonly role: Role | null;
  /** The version of the user's credentials that the token was issued for; absent for others. */
  readonly tokenVersion?: number;
  /** The session of the token: when it ends, the token is revoked. */
  readonly session?: string;
  /** True: work for an account, which ends with the account, whatever happens to its tokens. */
  readonly endsWithAccount?: true;
  /** What policies permit in addition to the role; absent for none. */
  readonly policies?: readonly Permission[];
}

/** The principal of requests without a token. */
export const ANONYMOUS: Principal = { kind: "anonymous", id: "anonymous", role: null };

/**
 * True for principals that ownership does not bind: administrators and the product itself. They may
 * open every resource, and name any object.
 */
export function isUnbound({ kind, role }: Principal): boolean {
  return kind === "system" || role === "admin";
}

/** The principal for the product's own work on behalf of a caller, whom the audit names. */
export function actingFor({ id }: Principal): Principal {
  return { kind: "system", id, role: null };
}

/** The id of a user or key without its kind. */
export function subjectOf({ id }: Principal): string {
  return id.slice(id.indexOf(":") + 1);
}

/**
 * The product itself, acting for a user in its own business: it may do what its code does, and the
 * user owns what it writes. With the version of the user's credentials it is revoked with the
 * user's tokens; without one the user has no account here.
 */
export function delegateOf(userId: string, tokenVersion?: number): Principal {
  return {
    kind: "system",
    id: `user:${userId}`,
    role: null,
    ...(tokenVersion === undefined ? {} : { tokenVersion }),
  };
}

/**
 * The same in the background, without a token: it may continue as long as the account exists and is
 * active.
 *
 * @param hasAccounts false: another auth server has the accounts, so their state is unknown here.
 */
export function backgroundDelegateOf(userId: string, hasAccounts: boolean): Principal {
  return hasAccounts ? { ...delegateOf(userId), endsWithAccount: true } : delegateOf(userId);
}

/** True for a delegate whose rights end with an account. */
export function isBoundDelegate({ kind, tokenVersion, endsWithAccount }: Principal): boolean {
  return kind === "system" && (tokenVersion !== undefined || endsWithAccount === true);
}
