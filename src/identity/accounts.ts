/** What users can do with their own account: register, log in, read it. */
import { nowMicros } from "../model/time.ts";
import { AppError, type ErrorDetail } from "../model/error.ts";
import { foldEmail, parseEmail, type EmailAddress } from "./email.ts";
import {
  hashPassword,
  needsRehash,
  passwordError,
  samePassword,
  verifyPassword,
} from "./password.ts";
import type { Principal, Role } from "./principal.ts";
import type { PublicKey } from "./signing-key.ts";
import type { Tokens } from "./token.ts";
import type { User, UserDirectory } from "./user.ts";
import { createUuid } from "./uuid.ts";

/** What accounts need. */
export interface AccountsParts {
  readonly users: UserDirectory;
  readonly tokens: Tokens;
  /** The first admin, as configured. */
  readonly admin: { readonly email: string; readonly password: string };
  /** Closed: only an admin registers others. */
  readonly registration: "open" | "closed";
  readonly throttle: LoginThrottle;
  /** Checks that the caller's token is valid. @throws {AppError} `unauthenticated`. */
  readonly confirm: (caller: Principal) => Promise<unknown>;
}

/** Limits login attempts. */
export interface LoginThrottle {
  /**
   * Takes one attempt for an account (any string that names it), known or not. Returns a function
   * that gives it back: only failed attempts count.
   * @throws {AppError} `too_many_requests` when none is left for the account or the caller's
   * address.
   */
  readonly take: (account: string) => Promise<() => Promise<void>>;
}

/** An address and a password as they were sent. */
export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** The account calls of one request. */
export interface Accounts {
  /**
   * Adds a user with the role `user`. When registration is closed the Authorization header must
   * have an admin's token; when it is open the header is ignored.
   * @throws {AppError} `unauthenticated` or `forbidden` when registration is closed to the caller,
   * `invalid_value` with the invalid members, `already_exists` when the address is taken.
   */
  readonly register: (authorization: string | undefined, credentials: Credentials) => Promise<User>;
  /**
   * An access token; undefined when the address or the password is wrong or the user inactive.
   *
   * The configured admin's password is always the configured one. The account is created at its
   * first login. When the configured password has changed, the first login with it stores its hash,
   * makes the account an active admin and revokes all older tokens.
   */
  readonly login: (credentials: Credentials) => Promise<string | undefined>;
  /** The same, but returns the account instead of a token. */
  readonly admit: (credentials: Credentials) => Promise<User | undefined>;
  /**
   * The caller's account as it is now.
   * @throws {AppError} `unauthenticated` for callers without account and for revoked tokens.
   */
  readonly self: (caller: Principal) => Promise<User>;
  /**
   * Changes the caller's account. A new password revokes all its tokens, including this one.
   * @throws {AppError} `unauthenticated`; `invalid_value` with the invalid members;
   * `already_exists` when the address is taken; `forbidden` for the configured admin, whose address
   * and password are settings.
   */
  readonly changeSelf: (caller: Principal, change: Partial<Credentials>) => Promise<User>;
  /** Revokes all tokens of the caller; for a key, those of the session. */
  readonly logout: (caller: Principal) => Promise<void>;
  /** The keys that verify our tokens. */
  readonly jwks: () => { readonly keys: readonly PublicKey[] };
}

const newUser = ({ email, folded }: EmailAddress, password: string, role: Role): User => ({
  id: createUuid(),
  email,
  emailFolded: folded,
  passwordHash: hashPassword(password),
  role,
  isActive: true,
  tokenVersion: 1,
  createdAt: nowMicros(),
  lastLoginAt: null,
});

/** The address, if one is given. @throws {AppError} `invalid_value` with every invalid member. */
const requireValid = ({ email, password }: Partial<Credentials>): EmailAddress | undefined => {
  const address = email === undefined ? undefined : parseEmail(email);
  const error = password === undefined ? undefined : passwordError(password);
  const details: ErrorDetail[] = [];
  if (email !== undefined && address === undefined) {
    const detail = "value is not a valid email address";
    details.push({ path: "email", code: "value_error", detail });
  }
  if (error !== undefined) details.push({ path: "password", code: "value_error", detail: error });
  if (details.length === 0) return address;
  throw new AppError("invalid_value", "The account's data are not valid.", { details });
};

const taken = (): AppError =>
  new AppError("already_exists", "There is an account with this address.");

const unauthenticated = (): AppError =>
  new AppError("unauthenticated", "This call needs the token of an active user.");

const configuredAdmin = (admin: Credentials): EmailAddress => {
  const address = parseEmail(admin.email);
  if (address === undefined) throw new Error("ADMIN_EMAIL is not an e-mail address");
  return address;
};

/**
 * The configured admin's account, if the password is the configured one. Costs one hash like any
 * login, except when the account has to be created or changed.
 */
const admitAdmin = async (
  { users, admin }: AccountsParts,
  password: string,
): Promise<User | undefined> => {
  const address = configuredAdmin(admin);
  const known = await users.findByEmail(address.folded);
  if (!samePassword(password, admin.password)) {
    verifyPassword(password, undefined);
    return undefined;
  }
  if (known !== undefined && verifyPassword(password, known.passwordHash)) return known;
  const wanted = newUser(address, password, "admin");
  const ensured = await users.ensureAdmin(wanted, known?.passwordHash ?? null);
  if (ensured !== undefined) return ensured;
  const winner = await users.findByEmail(address.folded);
  return verifyPassword(password, winner?.passwordHash) ? winner : undefined;
};

const admitUser = async (
  { users }: AccountsParts,
  emailFolded: string,
  password: string,
): Promise<User | undefined> => {
  const user = await users.findByEmail(emailFolded);
  return verifyPassword(password, user?.passwordHash) ? user : undefined;
};

const readSelf = async ({ users }: AccountsParts, caller: Principal): Promise<User> => {
  const user = caller.kind === "user" ? await users.findCaller(caller) : undefined;
  if (user === undefined) throw unauthenticated();
  return user;
};

const changeSelf = async (
  parts: AccountsParts,
  caller: Principal,
  change: Partial<Credentials>,
): Promise<User> => {
  const user = await readSelf(parts, caller);
  const adminFolded = configuredAdmin(parts.admin).folded;
  const address = requireValid(change);
  const { password } = change;
  if (address === undefined && password === undefined) return user;
  if (user.emailFolded === adminFolded) {
    throw new AppError("forbidden", "Address and password of the first admin are settings.");
  }
  if (address?.folded === adminFolded) throw taken();
  const changed = await parts.users.changeSelf(caller, {
    ...(address === undefined ? {} : { address }),
    ...(password === undefined ? {} : { passwordHash: hashPassword(password) }),
  });
  if (changed === undefined) throw taken();
  return changed;
};

const admit = async (
  parts: AccountsParts,
  { email, password }: Credentials,
): Promise<User | undefined> => {
  const folded = foldEmail(email);
  const giveBack = await parts.throttle.take(folded);
  const isAdmin = folded === configuredAdmin(parts.admin).folded;
  const user = await (isAdmin ? admitAdmin(parts, password) : admitUser(parts, folded, password));
  if (user === undefined || !user.isActive) return undefined;
  await giveBack();
  const { id, passwordHash } = user;
  const newHash = needsRehash(passwordHash) ? hashPassword(password) : passwordHash;
  await parts.users.touchLogin({ id, at: nowMicros(), verifiedHash: passwordHash, newHash });
  return user;
};

const requireOpen = async (
  parts: AccountsParts,
  authorization: string | undefined,
): Promise<void> => {
  if (parts.registration === "open") return;
  const error = new AppError("forbidden", "Registration is closed; ask an admin for an account.");
  if (authorization === undefined) throw error;
  const caller = await parts.tokens.authenticate(authorization);
  if ((await readSelf(parts, caller)).role !== "admin") throw error;
};

/** The account calls over a directory of users; cheap enough to create one per request. */
export function createAccounts(parts: AccountsParts): Accounts {
  const { users, tokens, admin } = parts;
  const adminFolded = configuredAdmin(admin).folded;
  return {
    register: async (authorization, credentials) => {
      await requireOpen(parts, authorization);
      const address = requireValid(credentials);
      if (address === undefined) throw new Error("A registration has an address.");
      const user = newUser(address, credentials.password, "user");
      if (address.folded === adminFolded || !(await users.insert(user))) throw taken();
      return user;
    },
    login: async (credentials) => {
      const user = await admit(parts, credentials);
      if (user === undefined) return undefined;
      const { id, role, tokenVersion } = user;
      return tokens.issue({ userId: id, role, tokenVersion });
    },
    admit: async (credentials) => admit(parts, credentials),
    self: async (caller) => readSelf(parts, caller),
    changeSelf: async (caller, change) => changeSelf(parts, caller, change),
    logout: async (caller) => {
      await parts.confirm(caller);
      await users.revoke(caller);
    },
    jwks: tokens.jwks,
  };
}
