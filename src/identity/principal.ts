/** What a role may do: `admin` everything, `editor` data, `user` reads. */
export const ROLES = ["admin", "editor", "user"] as const;

/** One of the roles. */
export type Role = (typeof ROLES)[number];

/** What a policy can allow. */
export const POLICY_ACTIONS = ["create", "read", "update", "delete", "harvest"] as const;

/** One of the actions that a policy can allow. */
export type PolicyAction = (typeof POLICY_ACTIONS)[number];

/** What is done to a resource; `administer` comes with the role `admin` alone. */
export type Action = PolicyAction | "administer";

/** One permission: these actions on these payload types (`*` for all of them). */
export interface Permission {
  readonly payloadTypes: readonly string[];
  readonly actions: readonly Action[];
  /** True: only on resources that the principal owns. */
  readonly ownerOnly: boolean;
}

/** Who is calling. Goes into every read and every write of the store. */
export interface Principal {
  readonly kind: "user" | "apk" | "anonymous" | "system";
  /** `user:<id>`, `apk:<key>`, `anonymous` or `system:<job>`: what the audit record names. */
  readonly id: string;
  /** Keys have none. */
  readonly role: Role | null;
  /** The version of the user's credentials that the token was issued for; absent for others. */
  readonly tokenVersion?: number;
  /** The session that the token belongs to: when that ends, the token is void. */
  readonly session?: string;
  /** True: work for an account, which ends with the account, whatever becomes of its tokens. */
  readonly endsWithAccount?: true;
  /** What policies allow beyond the role; absent for none. */
  readonly policies?: readonly Permission[];
}

/** The principal of requests without a token. */
export const ANONYMOUS: Principal = { kind: "anonymous", id: "anonymous", role: null };

/**
 * True for whom no ownership binds: administrators and the product itself. They may open everything,
 * and name any object.
 */
export function isUnbound({ kind, role }: Principal): boolean {
  return kind === "system" || role === "admin";
}

/** Who does the product's own work, on account of a principal: the audit names that one. */
export function actingFor({ id }: Principal): Principal {
  return { kind: "system", id, role: null };
}

/** The part of a user's or key's id behind its kind. */
export function subjectOf({ id }: Principal): string {
  return id.slice(id.indexOf(":") + 1);
}

/**
 * The product itself, acting for a user in what is its own business: it may do what its code does,
 * and what it writes is the user's. With the version of the user's credentials it is void as soon as
 * the user's tokens are; without one nobody here keeps an account for the user.
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
 * The same in the background, where no token says so: it may go on as long as the account is there and
 * active, and no longer.
 *
 * @param hasAccounts false: another auth server keeps the accounts, of which nothing is known here.
 */
export function backgroundDelegateOf(userId: string, hasAccounts: boolean): Principal {
  return hasAccounts ? { ...delegateOf(userId), endsWithAccount: true } : delegateOf(userId);
}

/** True for a delegate that stands and falls with an account. */
export function isBoundDelegate({ kind, tokenVersion, endsWithAccount }: Principal): boolean {
  return kind === "system" && (tokenVersion !== undefined || endsWithAccount === true);
}
