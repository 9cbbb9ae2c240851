/**
 * Stands for src/identity/password-cost.ts in tests of the Worker, where each file makes accounts and logs
 * them in: a hash takes microseconds. The real cost is that of test/unit/identity/ and of test/e2e/.
 */
import type { Cost } from "../../src/identity/password-cost.ts";

export const COST: Cost = { ln: 1, r: 8, p: 1 };
