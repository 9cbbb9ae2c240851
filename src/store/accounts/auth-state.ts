/** The auth state of a caller (role, activity, policies) in the database, and its cache in the isolate. */
import { AppError } from "../../model/error.ts";
import {
  isBoundDelegate,
  subjectOf,
  type Permission,
  type PolicyAction,
  type Principal,
  type Role,
} from "../../identity/principal.ts";
import { raw, sql, type Sql } from "../sql/template.ts";

/** The auth state of a caller as stored in the database. */
interface AuthState {
  readonly role: Role | null;
  readonly isActive: boolean;
  readonly tokenVersion: number;
  readonly hasSession: boolean;
  readonly policies: readonly Permission[];
}

/** The policies of a subject and of its role, as JSON. A policy for both occurs twice. */
const policiesOf = (subject: Sql, role: Sql): Sql => sql`json((SELECT json_group_array(
    json_array(p.id, json(p.payload_types), json(p.actions), p.owner_only))
  FROM policy_subjects s CROSS JOIN policies p ON p.id = s.policy
  WHERE s.subject IN (${subject}, ${role})))`;

/** Whether the session of the principal's token still exists. Tokens of a login have no session. */
const sessionOf = ({ session }: Principal): Sql =>
  session === undefined ? raw("1") : sql`EXISTS (SELECT 1 FROM sessions o WHERE o.id = ${session})`;

/** The auth state of a principal as JSON; NULL for a principal without an account or key. */
export function authStateOf(principal: Principal): Sql {
  const { id, kind } = principal;
  if (kind === "user" || isBoundDelegate(principal)) {
    return sql`(SELECT json_array(u.role, u.is_active, u.token_version, ${sessionOf(principal)},
      ${policiesOf(sql`${id}`, raw("'role:' || u.role"))}) FROM users u WHERE u.id = ${subjectOf(principal)})`;
  }
  return kind === "apk"
    ? sql`(SELECT json_array(NULL, 1, 0, ${sessionOf(principal)}, ${policiesOf(sql`${id}`, raw("''"))})
        FROM api_keys k WHERE k.id = ${subjectOf(principal)})`
    : raw("NULL");
}

/** The policies of a subject and of its role, in the format of `knownPolicies`, for comparison. */
const presentPolicies = (subject: Sql, role: Sql): Sql => sql`(SELECT json_group_array(
    json_array(json(payload_types), json(actions), owner_only)) FROM (
  SELECT DISTINCT p.id, p.payload_types, p.actions, p.owner_only
  FROM policy_subjects s CROSS JOIN policies p ON p.id = s.policy
  WHERE s.subject IN (${subject}, ${role}) ORDER BY p.id))`;

const knownPolicies = ({ policies = [] }: Principal): string =>
  JSON.stringify(
    policies.map(({ payloadTypes, actions, ownerOnly }) => [
      payloadTypes,
      actions,
      ownerOnly ? 1 : 0,
    ]),
  );

/** Condition: the account, the session or the policies of a principal have changed. */
const isOtherThan = (principal: Principal): Sql => {
  const { id, kind, role, tokenVersion } = principal;
  if (kind === "apk") {
    return sql`NOT EXISTS (SELECT 1 FROM api_keys k WHERE k.id = ${subjectOf(principal)}
      AND ${sessionOf(principal)} AND ${presentPolicies(sql`${id}`, raw("''"))} = ${knownPolicies(principal)})`;
  }
  const sameVersion =
    tokenVersion === undefined ? raw("1") : sql`u.token_version = ${tokenVersion}`;
  const asUser =
    kind === "user"
      ? sql`u.role = ${role} AND ${sessionOf(principal)}
        AND ${presentPolicies(sql`${id}`, raw("'role:' || u.role"))} = ${knownPolicies(principal)}`
      : raw("1");
  return sql`NOT EXISTS (SELECT 1 FROM users u WHERE u.id = ${subjectOf(principal)}
    AND u.is_active = 1 AND ${sameVersion} AND ${asUser})`;
};

/**
 * Conditions of a guard, at most one: the rights of the principal have changed since an auth epoch. It
 * stops the batch of an account or a key that was deleted or restricted in the meantime. While the
 * auth epoch is unchanged, the condition reads one row.
 */
export function authGuards(principal: Principal, authEpoch: string): readonly Sql[] {
  const { kind } = principal;
  if (kind !== "user" && kind !== "apk" && !isBoundDelegate(principal)) return [];
  return [
    sql`((SELECT s.standings FROM state s WHERE s.id = 1) <> ${authEpoch}
      AND ${isOtherThan(principal)})`,
  ];
}

type StoredPolicy = readonly [
  id: string,
  payloadTypes: readonly string[],
  actions: readonly PolicyAction[],
  ownerOnly: number,
];

/** An auth state as `authStateOf` returns it. */
export type StoredAuthState = readonly [
  role: Role | null,
  isActive: number,
  tokenVersion: number,
  hasSession: number,
  policies: readonly StoredPolicy[],
];

/** Each policy once, ordered by id. Sorting here, not in SQL, is free for callers without policies. */
const permissionsOf = (stored: readonly StoredPolicy[]): readonly Permission[] => {
  const byId = new Map(
    stored.map(([id, payloadTypes, actions, ownerOnly]) => [
      id,
      { payloadTypes, actions, ownerOnly: ownerOnly === 1 },
    ]),
  );
  return [...byId].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, permission]) => permission);
};

/** An auth state from its JSON. */
export function readAuthState(stored: StoredAuthState | null): AuthState | null {
  if (stored === null) return null;
  const [role, isActive, tokenVersion, hasSession, policies] = stored;
  return {
    role,
    isActive: isActive === 1,
    tokenVersion,
    hasSession: hasSession === 1,
    policies: permissionsOf(policies),
  };
}

const unauthenticated = (): AppError =>
  new AppError("unauthenticated", "The token is no longer valid; log in again.");

const isAs = (principal: Principal, { role, policies }: AuthState): boolean =>
  principal.role === role && JSON.stringify(principal.policies ?? []) === JSON.stringify(policies);

/** The principal with its current role and policies. @throws AppError `unauthenticated` for a revoked token. */
export function current(principal: Principal, authState: AuthState | null): Principal {
  const isDelegate = isBoundDelegate(principal);
  if (principal.kind !== "user" && principal.kind !== "apk" && !isDelegate) return principal;
  if (authState === null || !authState.isActive || !authState.hasSession) throw unauthenticated();
  const { role, policies } = authState;
  const isTokenless = principal.kind === "apk" || principal.endsWithAccount === true;
  const isVoid = !isTokenless && authState.tokenVersion !== principal.tokenVersion;
  if (isVoid) throw unauthenticated();
  if (isDelegate) return principal;
  return isAs(principal, authState) ? principal : Object.freeze({ ...principal, role, policies });
}

/** A principal with its last read role and policies, and the auth epoch of that read. */
interface Known {
  readonly principal: Principal;
  readonly authEpoch: string;
}

/**
 * The last read auth state of each principal, as a cache. It saves a second call when role or policies
 * differ from those in the token, and the lookup when nothing has changed. Every response of the
 * database confirms or corrects the entry.
 */
export const lastKnown = new WeakMap<Principal, Known>();

/** The principal with the role and policies that the database returned last. */
export function lastConfirmed(principal: Principal): Principal {
  return lastKnown.get(principal)?.principal ?? principal;
}
