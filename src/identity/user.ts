import type { InstantMicros } from "../model/time.ts";
import type { EmailAddress } from "./email.ts";
import type { Principal, Role } from "./principal.ts";

/** An account. It is no resource: credentials have no history that anybody can read. */
export interface User {
  /** UUID. */
  readonly id: string;
  readonly email: string;
  /** The form under which the address is unique. */
  readonly emailFolded: string;
  /** PHC string. */
  readonly passwordHash: string;
  readonly role: Role;
  /** An inactive user cannot log in, and its tokens are void. */
  readonly isActive: boolean;
  /** Rises when all tokens issued so far shall be void. */
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
  /** What to store in its place; the same text to leave it. Another hash in between wins. */
  readonly newHash: string;
}

/** What somebody changes in the own account; absent members stay as they are. */
export interface SelfChange {
  readonly address?: EmailAddress;
  /** A new hash makes all tokens void that were issued so far. */
  readonly passwordHash?: string;
}

/** Where accounts are kept. Each call is atomic. */
export interface UserDirectory {
  readonly findByEmail: (emailFolded: string) => Promise<User | undefined>;
  /** The account of a caller; undefined when its token is void, or it has no account. */
  readonly findCaller: (caller: Principal) => Promise<User | undefined>;
  /** Changes a caller's account; undefined when the address is taken, or the token void. */
  readonly changeSelf: (caller: Principal, change: SelfChange) => Promise<User | undefined>;
  /** Makes a user's tokens void; of a key, those of the session. */
  readonly revoke: (caller: Principal) => Promise<void>;
  /** Adds a user; false when the address is taken. */
  readonly insert: (user: User) => Promise<boolean>;
  /**
   * Adds the first admin, or gives an account that still has the hash `replaces` the new hash, the
   * admin role and a higher token version. Answers the account as it is now, or undefined when
   * another call was faster: then nothing was changed.
   */
  readonly ensureAdmin: (user: User, replaces: string | null) => Promise<User | undefined>;
  readonly touchLogin: (login: LoginRecord) => Promise<void>;
}
