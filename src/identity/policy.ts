import { AppError } from "../model/error.ts";
import type { Action, Principal, Role } from "./principal.ts";

/** One permission: these actions on these payload types (`*` for all of them). */
interface Grant {
  readonly actions: readonly Action[];
  readonly payloadTypes: readonly string[];
}

const DATA: readonly Action[] = ["create", "read", "update", "delete"];

const ROLE_GRANTS: Readonly<Record<Role, readonly Grant[]>> = {
  admin: [{ actions: [...DATA, "administer"], payloadTypes: ["*"] }],
  editor: [{ actions: DATA, payloadTypes: ["*"] }],
  user: [{ actions: ["read"], payloadTypes: ["*"] }],
};

const PUBLIC_GRANTS: readonly Grant[] = [{ actions: ["read"], payloadTypes: ["*"] }];

/** What an installation allows beyond the roles. */
export interface Openness {
  /** The anonymous may read; the store shows them public resources alone. */
  readonly publicRead: boolean;
}

const CLOSED: Openness = { publicRead: false };

const grantsOf = (principal: Principal, openness: Openness): readonly Grant[] => {
  if (principal.kind === "system") return ROLE_GRANTS.admin;
  if (principal.kind === "anonymous") return openness.publicRead ? PUBLIC_GRANTS : [];
  return principal.role === null ? [] : ROLE_GRANTS[principal.role];
};

const covers = (grant: Grant, action: Action, payloadType: string): boolean =>
  grant.actions.includes(action) &&
  (grant.payloadTypes.includes("*") || grant.payloadTypes.includes(payloadType));

/**
 * True when the principal may do this to resources of the payload type. Denied unless granted;
 * jobs of the system may do everything. Which rows a reader sees is the store's part.
 */
export const may = (
  principal: Principal,
  action: Action,
  payloadType: string,
  openness: Openness = CLOSED,
): boolean => grantsOf(principal, openness).some((grant) => covers(grant, action, payloadType));

/**
 * Passes when `may` does.
 * @throws {AppError} `unauthenticated` for the anonymous, `forbidden` for everybody else.
 */
export const authorize = (
  principal: Principal,
  action: Action,
  payloadType: string,
  openness: Openness = CLOSED,
): void => {
  if (may(principal, action, payloadType, openness)) return;
  throw principal.kind === "anonymous"
    ? new AppError("unauthenticated", "This call needs a bearer token.")
    : new AppError("forbidden", `Your role does not allow the action ${action} here.`);
};
