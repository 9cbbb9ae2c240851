/**
 * Who may do what. Which rows a reader sees is decided by the store, which gets the types from
 * here.
 */
import { AppError } from "../model/error.ts";
import { GOVERNING_TYPES } from "../schema/internal.ts";
import type { Action, Permission, Principal, Role } from "./principal.ts";

const EVERY_TYPE = ["*"];
const DATA: readonly Action[] = ["create", "read", "update", "delete"];

const onEverything = (actions: readonly Action[]): readonly Permission[] => [
  { actions, payloadTypes: EVERY_TYPE, ownerOnly: false },
];

const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  admin: onEverything([...DATA, "harvest", "administer"]),
  editor: onEverything(DATA),
  user: onEverything(["read"]),
};

const PUBLIC_PERMISSIONS = onEverything(["read"]);

/** What an installation permits in addition to the roles. */
export interface AnonymousAccess {
  /** Anonymous callers may read; the store returns only public resources to them. */
  readonly publicRead: boolean;
}

const CLOSED: AnonymousAccess = { publicRead: false };

const permissionsOf = (
  principal: Principal,
  anonymousAccess: AnonymousAccess,
): readonly Permission[] => {
  if (principal.kind === "system") return ROLE_PERMISSIONS.admin;
  if (principal.kind === "anonymous") return anonymousAccess.publicRead ? PUBLIC_PERMISSIONS : [];
  const own = principal.policies ?? [];
  return principal.role === null ? own : [...ROLE_PERMISSIONS[principal.role], ...own];
};

/**
 * Groups, projects and their members decide who sees what, so only admins change them. A harvest
 * has calls of its own, which change what they need to.
 */
const isGoverned = (principal: Principal, action: Action, payloadType: string): boolean =>
  GOVERNING_TYPES.has(payloadType) &&
  action !== "read" &&
  action !== "harvest" &&
  principal.kind !== "system" &&
  principal.role !== "admin";

/** The target of an action. */
export interface Target {
  /** `*`: every payload type. */
  readonly payloadType: string;
  /** True when the principal owns the resource, or will. */
  readonly isOwn: boolean;
}

/**
 * True for a permission that covers an action. A harvest concerns resources of many types, most of
 * them of other owners, so a permission limited to some types or to own resources does not cover
 * it.
 */
const allows = ({ actions, payloadTypes, ownerOnly }: Permission, action: Action): boolean =>
  actions.includes(action) && (action !== "harvest" || (payloadTypes.includes("*") && !ownerOnly));

const covers = (permission: Permission, action: Action, { payloadType, isOwn }: Target): boolean =>
  allows(permission, action) &&
  (isOwn || !permission.ownerOnly) &&
  (permission.payloadTypes.includes("*") || permission.payloadTypes.includes(payloadType));

/** True when the principal may do this to the target. Denied unless a role or policy permits it. */
export function mayOn(
  principal: Principal,
  action: Action,
  target: Target,
  anonymousAccess: AnonymousAccess = CLOSED,
): boolean {
  return (
    !isGoverned(principal, action, target.payloadType) &&
    permissionsOf(principal, anonymousAccess).some((permission) =>
      covers(permission, action, target),
    )
  );
}

/**
 * True when the principal may do this to resources of the payload type of any owner. Denied unless
 * granted; system jobs may do everything.
 */
export function may(
  principal: Principal,
  action: Action,
  payloadType: string,
  anonymousAccess: AnonymousAccess = CLOSED,
): boolean {
  return mayOn(principal, action, { payloadType, isOwn: false }, anonymousAccess);
}

const errorOf = (principal: Principal, action: Action): AppError =>
  principal.kind === "anonymous"
    ? new AppError("unauthenticated", "This call needs a bearer token.")
    : new AppError(
        "forbidden",
        `Your ${principal.role === null ? "policies do" : "role does"} not allow the action ${action} here.`,
      );

/**
 * Throws unless `may` holds.
 * @throws {AppError} `unauthenticated` for anonymous callers, `forbidden` for all others.
 */
export function authorize(
  principal: Principal,
  action: Action,
  payloadType: string,
  anonymousAccess: AnonymousAccess = CLOSED,
): void {
  if (!may(principal, action, payloadType, anonymousAccess)) throw errorOf(principal, action);
}

/**
 * Throws unless `mayOn` holds.
 * @throws {AppError} as `authorize`.
 */
export function authorizeOn(principal: Principal, action: Action, target: Target): void {
  if (!mayOn(principal, action, target)) throw errorOf(principal, action);
}

/** True when the principal could do this to at least one resource. */
export function maySome(
  principal: Principal,
  action: Action,
  anonymousAccess: AnonymousAccess = CLOSED,
): boolean {
  return permissionsOf(principal, anonymousAccess).some((permission) => allows(permission, action));
}

/**
 * Throws unless `maySome` holds.
 * @throws {AppError} as `authorize`.
 */
export function authorizeSome(
  principal: Principal,
  action: Action,
  anonymousAccess: AnonymousAccess = CLOSED,
): void {
  if (!maySome(principal, action, anonymousAccess)) throw errorOf(principal, action);
}

/** Payload types that a principal reads: of any owner, and only of its own resources. */
export interface ReadableTypes {
  readonly any: readonly string[];
  readonly own: readonly string[];
}

/** The payload types that a principal reads; null: all of them. */
export function readableTypes(principal: Principal): ReadableTypes | null {
  const reading = permissionsOf(principal, CLOSED).filter(({ actions }) =>
    actions.includes("read"),
  );
  const typesOf = (ownerOnly: boolean): readonly string[] => {
    const found = reading.filter((each) => each.ownerOnly === ownerOnly);
    return [...new Set(found.flatMap(({ payloadTypes }) => payloadTypes))].toSorted();
  };
  const any = typesOf(false);
  return any.includes("*") ? null : { any, own: typesOf(true) };
}
