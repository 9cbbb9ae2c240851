import type { Principal } from "./principal.ts";

interface Entry {
  readonly principal: Principal;
  readonly expiresAt: number;
}

/** Tokens whose signature and claims were verified, until they expire. */
export interface TokenCache {
  /** The principal of a token; undefined when it is unknown or has expired by this second. */
  readonly get: (token: string, nowSeconds: number) => Principal | undefined;
  /** Caches a verified token until (excluding) a second since 1970. */
  readonly set: (token: string, principal: Principal, expiresAt: number) => void;
}

/** A cache of at most `size` tokens; it evicts the least recently used one. */
export function createTokenCache(size: number): TokenCache {
  const entries = new Map<string, Entry>();
  return {
    get: (token, nowSeconds) => {
      const entry = entries.get(token);
      if (entry === undefined) return undefined;
      entries.delete(token);
      if (entry.expiresAt <= nowSeconds) return undefined;
      entries.set(token, entry);
      return entry.principal;
    },
    set: (token, principal, expiresAt) => {
      entries.set(token, { principal, expiresAt });
      if (entries.size <= size) return;
      const [oldest] = entries.keys();
      if (oldest !== undefined) entries.delete(oldest);
    },
  };
}
