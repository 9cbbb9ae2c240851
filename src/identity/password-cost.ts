/** What a hash of a password costs: 16 MiB, and a few hundred milliseconds on purpose. */

/** The parameters of scrypt (RFC 7914). */
export interface Cost {
  /** Binary logarithm of N. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

/** The present cost; hashes of another are made anew at the next login. */
export const COST: Cost = { ln: 14, r: 8, p: 5 };
