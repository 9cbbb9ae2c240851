/** Accounts, keys and policies on behalf of an admin. */
import type { Principal } from "../../../identity/principal.ts";
import type { User } from "../../../identity/user.ts";
import type { AdminContext, Page } from "./as-admin.ts";
import { createKey, listKeys, removeKey, type ApiKey, type NewApiKey } from "./keys.ts";
import { createPolicy, listPolicies, removePolicy, type Policy } from "./policies.ts";
import { changeUser, listUsers, readUser, removeUser, type UserChange } from "./users.ts";

/** The calls of admins; each throws `forbidden` for other callers. */
export interface Administration {
  readonly users: (principal: Principal, page: Page) => Promise<readonly User[]>;
  readonly user: (principal: Principal, id: string) => Promise<User>;
  readonly changeUser: (principal: Principal, id: string, change: UserChange) => Promise<User>;
  readonly removeUser: (principal: Principal, id: string) => Promise<void>;
  readonly keys: (principal: Principal, page: Page) => Promise<readonly ApiKey[]>;
  readonly createKey: (principal: Principal, key: NewApiKey) => Promise<void>;
  readonly removeKey: (principal: Principal, id: string) => Promise<void>;
  readonly policies: (principal: Principal, page: Page) => Promise<readonly Policy[]>;
  readonly createPolicy: (principal: Principal, policy: Policy) => Promise<void>;
  readonly removePolicy: (principal: Principal, id: string) => Promise<void>;
}

/** Administration over a session; cheap enough to make one per request. */
export function administrationOver(context: AdminContext): Administration {
  return {
    users: (principal, page) => listUsers(context, principal, page),
    user: (principal, id) => readUser(context, principal, id),
    changeUser: (principal, id, change) => changeUser(context, principal, id, change),
    removeUser: (principal, id) => removeUser(context, principal, id),
    keys: (principal, page) => listKeys(context, principal, page),
    createKey: (principal, key) => createKey(context, principal, key),
    removeKey: (principal, id) => removeKey(context, principal, id),
    policies: (principal, page) => listPolicies(context, principal, page),
    createPolicy: (principal, policy) => createPolicy(context, principal, policy),
    removePolicy: (principal, id) => removePolicy(context, principal, id),
  };
}
