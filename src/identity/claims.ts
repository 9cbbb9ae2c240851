/** The claims of our tokens. */
import type { JWTPayload } from "jose";
import {
  ROLES,
  subjectOf,
  type Permission,
  type PolicyAction,
  type Principal,
  type Role,
} from "./principal.ts";
import { isUuid } from "./uuid.ts";

/** Audience of the tokens of a login. */
export const LOGIN_AUDIENCE = "fastapi-users:auth";

const HINT_LENGTH_MAX = 2_048;

const isRole = (value: unknown): value is Role => ROLES.some((role) => role === value);

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

/** A token of a login: the user's id as subject. */
const loginPrincipal = (claims: JWTPayload): Principal | undefined => {
  const { sub } = claims;
  const { role, token_version: tokenVersion } = claims as Readonly<Record<string, unknown>>;
  if (typeof sub !== "string" || !isUuid(sub)) return undefined;
  if (!isRole(role) || !isCount(tokenVersion)) return undefined;
  return Object.freeze({ kind: "user", id: `user:${sub}`, role, tokenVersion });
};

type PolicyClaim = readonly [readonly string[], readonly PolicyAction[], number];

const isPolicyClaim = (claim: unknown): claim is PolicyClaim =>
  Array.isArray(claim) && Array.isArray(claim[0]) && Array.isArray(claim[1]);

/** The policies at the time of issue: a guess, which every response verifies. */
const policiesIn = (claim: unknown): readonly Permission[] =>
  (Array.isArray(claim) ? claim : [])
    .filter(isPolicyClaim)
    .map(([payloadTypes, actions, ownerOnly]) => ({
      payloadTypes,
      actions,
      ownerOnly: ownerOnly === 1,
    }));

/**
 * Policies as a claim, so that an isolate that gets the token for the first time need not load
 * them.
 */
const policyClaim = (policies: readonly Permission[] = []): readonly PolicyClaim[] => {
  const claim = policies.map(({ payloadTypes, actions, ownerOnly }): PolicyClaim => {
    return [payloadTypes, actions as readonly PolicyAction[], ownerOnly ? 1 : 0];
  });
  return JSON.stringify(claim).length > HINT_LENGTH_MAX ? [] : claim;
};

const SUBJECT = /^(ums|apk):(.+)$/;
const SESSION = /^[0-9a-f]{64}$/;

/** A token of the project's endpoints: `ums:<user>` or `apk:<key>`, and its session. */
const sessionPrincipal = (claims: JWTPayload): Principal | undefined => {
  const [, kind, id = ""] = SUBJECT.exec(claims.sub ?? "") ?? [];
  const { role, token_version, sid, policies } = claims as Readonly<Record<string, unknown>>;
  if (!isUuid(id) || typeof sid !== "string" || !SESSION.test(sid)) return undefined;
  const shared = { session: sid, policies: policiesIn(policies) };
  if (kind === "apk") return Object.freeze({ kind, id: `apk:${id}`, role: null, ...shared });
  if (!isRole(role) || !isCount(token_version)) return undefined;
  const tokenVersion = token_version;
  return Object.freeze({ kind: "user", id: `user:${id}`, role, tokenVersion, ...shared });
};

/** Checks and parses the claims beyond issuer and audience; undefined when one is invalid. */
export function principalOf(claims: JWTPayload): Principal | undefined {
  const { exp, iat, jti, aud } = claims;
  const valid = typeof jti === "string" && jti !== "" && isCount(exp) && isCount(iat);
  if (!valid) return undefined;
  return [aud].flat().includes(LOGIN_AUDIENCE) ? loginPrincipal(claims) : sessionPrincipal(claims);
}

/** Subject and claims of a token for a principal with a session. */
export function sessionClaims(principal: Principal): {
  readonly subject: string;
  readonly claims: JWTPayload;
} {
  const { kind, role, tokenVersion, session, policies } = principal;
  return {
    subject: `${kind === "apk" ? "apk" : "ums"}:${subjectOf(principal)}`,
    claims: {
      sid: session,
      policies: policyClaim(policies),
      ...(role === null ? {} : { role, token_version: tokenVersion }),
    },
  };
}
