/** The cost of hashing a password: 16 MiB, and a few hundred milliseconds on purpose. */

/** The parameters of scrypt (RFC 7914). */
export interface Cost {
  /** Binary logarithm of N. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

/** The present cost; a hash with another cost is replaced at the next login. */
export const COST: Cost = { ln: 14, r: 8, p: 5 };
