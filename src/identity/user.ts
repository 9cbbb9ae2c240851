import type { InstantMicros } from "../model/time.ts";
import type { EmailAddress } from "./email.ts";
import type { Principal, Role } from "./principal.ts";

/** An account. It is not a resource: credentials have no history that can be read. */
export interface User {
  /** UUID. */
  readonly id: string;
  readonly email: string;
  /** The unique form of the address. */
  readonly emailFolded: string;
  /** PHC string. */
  readonly passwordHash: string;
  readonly role: Role;
  /** An inactive user cannot log in, and its tokens are revoked. */
  readonly isActive: boolean;
  /** Increases to revoke all tokens issued so far. */
  readonly tokenVersion: number;
  readonly createdAt: InstantMicros;
  readonly lastLoginAt: InstantMicros | null;
}

/** What a login changes in the account. */
export interface LoginRecord {
  readonly id: string;
  readonly at: InstantMicros;
  /** The hash that the password was verified against. */
  readonly verifiedHash: string;
  /** The hash to store instead, or the same one. A hash that was stored meanwhile stays. */
  readonly newHash: string;
}

/** What a user changes in the own account; absent members stay as they are. */
export interface SelfChange {
  readonly address?: EmailAddress;
  /** A new hash revokes all tokens issued so far. */
  readonly passwordHash?: string;
}

/** The store of accounts. Each call is atomic. */
export interface UserDirectory {
  readonly findByEmail: (emailFolded: string) => Promise<User | undefined>;
  /** The account of a caller; undefined when its token is revoked, or it has no account. */
  readonly findCaller: (caller: Principal) => Promise<User | undefined>;
  /** Changes a caller's account; undefined when the address is taken, or the token revoked. */
  readonly changeSelf: (caller: Principal, change: SelfChange) => Promise<User | undefined>;
  /** Revokes a user's tokens; for a key, those of the session. */
  readonly revoke: (caller: Principal) => Promise<void>;
  /** Adds a user; false when the address is taken. */
  readonly insert: (user: User) => Promise<boolean>;
  /**
   * Adds the first admin, or gives an account that still has the hash `replaces` the new hash, the
   * admin role and a higher token version. Returns the account as it is now, or undefined when
   * another call was faster: then nothing was changed.
   */
  readonly ensureAdmin: (user: User, replaces: string | null) => Promise<User | undefined>;
  readonly touchLogin: (login: LoginRecord) => Promise<void>;
}
