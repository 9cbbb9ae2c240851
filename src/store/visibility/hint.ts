/**
 * A cached hint per reader: which classes of rows the database has, and whether anything restricted is
 * open to the reader. It allows shorter statements. The hint may be stale: every response of the
 * database confirms or corrects it.
 */
import type { Principal } from "../../identity/principal.ts";
import { hasAccess } from "./access.ts";
import { raw, sql, type Sql } from "../sql/template.ts";

/** The rows that may exist for a reader. */
export interface VisibilityHint {
  /** One bit for each class of rows: 1, 2 and 4 for the classes 0, 1 and 2. */
  readonly classes: number;
  /** True when something restricted may be open to the reader. */
  readonly access: boolean;
}

/** The hint that excludes nothing. */
export const ANYTHING: VisibilityHint = { classes: 7, access: true };

/** By database: principals of the system are the same for each. */
const hints = new WeakMap<D1Database, WeakMap<Principal, VisibilityHint>>();

/** The last hint of a principal in a database; `ANYTHING` when there is none. */
export function savedHint(database: D1Database, principal: Principal): VisibilityHint {
  return hints.get(database)?.get(principal) ?? ANYTHING;
}

/** Expression over the database: the hint of a principal as a number, for `readHint`. */
export function hintFor(principal: Principal): Sql {
  const classes = raw(
    [0, 1, 2]
      .map((each) => `(EXISTS (SELECT 1 FROM resources y WHERE y.visibility = ${each}) << ${each})`)
      .join(" | "),
  );
  const isReader = principal.kind !== "system" && principal.kind !== "anonymous";
  return isReader && principal.role !== "admin"
    ? sql`(${classes} | (${hasAccess(principal.id)} << 3))`
    : sql`(${classes})`;
}

/** The hint from a result of `hintFor`. It replaces the cached one. */
export function saveHint(
  database: D1Database,
  principal: Principal,
  stored: number,
): VisibilityHint {
  const known = savedHint(database, principal);
  const found = { classes: stored & 7, access: (stored & 8) !== 0 };
  if (known.classes === found.classes && known.access === found.access) return known;
  const ofDatabase = hints.get(database) ?? new WeakMap<Principal, VisibilityHint>();
  hints.set(database, ofDatabase.set(principal, found));
  return found;
}

/** True when a statement that was made for one hint is also complete for another. */
export function covers(made: VisibilityHint, found: VisibilityHint): boolean {
  return (made.classes & found.classes) === found.classes && (made.access || !found.access);
}
