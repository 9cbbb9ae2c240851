/** What an account can do about itself: register, log in, look at itself. */
import { AppError, type ErrorDetail } from "../model/error.ts";
import { foldEmail, parseEmail, type EmailAddress } from "./email.ts";
import {
  hashPassword,
  needsRehash,
  passwordFault,
  samePassword,
  verifyPassword,
} from "./password.ts";
import type { Principal, Role } from "./principal.ts";
import type { PublicKey } from "./signing-key.ts";
import type { Tokens } from "./token.ts";
import type { User, UserDirectory } from "./user.ts";
import { createUuid } from "./uuid.ts";

/** What accounts stand on. */
export interface AccountsParts {
  readonly users: UserDirectory;
  readonly tokens: Tokens;
  /** The first admin, as configured. */
  readonly admin: { readonly email: string; readonly password: string };
  /** Closed: only an admin registers others. */
  readonly registration: "open" | "closed";
}

/** An address and a password as they were sent. */
export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** The account calls of one request. */
export interface Accounts {
  /**
   * Adds a user with the role `user`. Where registration is closed the Authorization header must
   * hold an admin's token; where it is open nobody looks at it.
   * @throws {AppError} `unauthenticated` or `forbidden` when registration is closed to the caller,
   * `invalid_value` with the members that are wrong, `already_exists` when the address is taken.
   */
  readonly register: (authorization: string | undefined, credentials: Credentials) => Promise<User>;
  /**
   * An access token; undefined when the address or the password is wrong or the user inactive.
   *
   * The configured admin's password is the configured one and no other. The account appears at its
   * first login. When the configured password has changed, the first login with it stores its hash,
   * makes the account an active admin and all older tokens void.
   */
  readonly login: (credentials: Credentials) => Promise<string | undefined>;
  /**
   * The caller's account as it is now.
   * @throws {AppError} `unauthenticated` for callers without account and for void tokens.
   */
  readonly self: (caller: Principal) => Promise<User>;
  /** The keys that verify our tokens. */
  readonly jwks: () => { readonly keys: readonly PublicKey[] };
}

const nowMicros = (): number => Date.now() * 1_000;

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

const requireValid = ({ email, password }: Credentials): EmailAddress => {
  const address = parseEmail(email);
  const fault = passwordFault(password);
  const details: ErrorDetail[] = [];
  if (address === undefined) {
    const detail = "value is not a valid email address";
    details.push({ path: "email", code: "value_error", detail });
  }
  if (fault !== undefined) details.push({ path: "password", code: "value_error", detail: fault });
  if (address !== undefined && details.length === 0) return address;
  throw new AppError("invalid_value", "The account's data are not valid.", { details });
};

const unauthenticated = (): AppError =>
  new AppError("unauthenticated", "This call needs the token of an active user.");

const configuredAdmin = (admin: Credentials): EmailAddress => {
  const address = parseEmail(admin.email);
  if (address === undefined) throw new Error("ADMIN_EMAIL is not an e-mail address");
  return address;
};

/**
 * The configured admin's account, if the password is the configured one. Costs one hash like any
 * login, except when the account has to be made or changed.
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
  if (caller.kind !== "user") throw unauthenticated();
  const user = await users.findById(caller.id.slice("user:".length));
  const valid = user?.isActive === true && user.tokenVersion === caller.tokenVersion;
  if (!valid) throw unauthenticated();
  return user;
};

const requireOpen = async (
  parts: AccountsParts,
  authorization: string | undefined,
): Promise<void> => {
  if (parts.registration === "open") return;
  const refusal = new AppError("forbidden", "Registration is closed; ask an admin for an account.");
  if (authorization === undefined) throw refusal;
  const caller = await parts.tokens.authenticate(authorization);
  if ((await readSelf(parts, caller)).role !== "admin") throw refusal;
};

/** The account calls over a directory of users; cheap enough to make one per request. */
export const createAccounts = (parts: AccountsParts): Accounts => {
  const { users, tokens, admin } = parts;
  const adminFolded = configuredAdmin(admin).folded;
  return {
    register: async (authorization, credentials) => {
      await requireOpen(parts, authorization);
      const address = requireValid(credentials);
      const user = newUser(address, credentials.password, "user");
      if (address.folded === adminFolded || !(await users.insert(user))) {
        throw new AppError("already_exists", "There is an account with this address.");
      }
      return user;
    },
    login: async ({ email, password }) => {
      const folded = foldEmail(email);
      const user = await (folded === adminFolded
        ? admitAdmin(parts, password)
        : admitUser(parts, folded, password));
      if (user === undefined || !user.isActive) return undefined;
      const { id, role, tokenVersion, passwordHash } = user;
      const newHash = needsRehash(passwordHash) ? hashPassword(password) : passwordHash;
      await users.touchLogin({ id, at: nowMicros(), verifiedHash: passwordHash, newHash });
      return tokens.issue({ userId: id, role, tokenVersion });
    },
    self: async (caller) => readSelf(parts, caller),
    jwks: tokens.jwks,
  };
};
