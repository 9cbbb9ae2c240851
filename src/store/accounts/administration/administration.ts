/** Accounts, keys and policies on behalf of an admin. */
import type { Principal } from "../../../identity/principal.ts";
import type { User } from "../../../identity/user.ts";
import type { Administering, Page } from "./act.ts";
import { createKey, listKeys, removeKey, type ApiKey, type NewApiKey } from "./keys.ts";
import { createPolicy, listPolicies, removePolicy, type Policy } from "./policies.ts";
import { changeUser, listUsers, readUser, removeUser, type UserChange } from "./users.ts";

/** The calls of admins; each refuses everybody else with `forbidden`. */
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
export function administrationOver(administering: Administering): Administration {
  return {
    users: (principal, page) => listUsers(administering, principal, page),
    user: (principal, id) => readUser(administering, principal, id),
    changeUser: (principal, id, change) => changeUser(administering, principal, id, change),
    removeUser: (principal, id) => removeUser(administering, principal, id),
    keys: (principal, page) => listKeys(administering, principal, page),
    createKey: (principal, key) => createKey(administering, principal, key),
    removeKey: (principal, id) => removeKey(administering, principal, id),
    policies: (principal, page) => listPolicies(administering, principal, page),
    createPolicy: (principal, policy) => createPolicy(administering, principal, policy),
    removePolicy: (principal, id) => removePolicy(administering, principal, id),
  };
}
