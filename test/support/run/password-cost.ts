/**
 * Replaces src/identity/password-cost.ts in tests of the Worker, where each file creates accounts
 * and logs them in: a hash takes microseconds. test/unit/identity/ and test/e2e/ use the real cost.
 */
import type { Cost } from "../../../src/identity/password-cost.ts";

export const COST: Cost = { ln: 1, r: 8, p: 1 };
