/**
 * What there is to be seen, as far as an isolate knows: which classes of rows the database has, and
 * whether anything restricted is open to a reader. A statement for less is shorter, and as good where
 * there is no more. It is a guess: every answer confirms or corrects it.
 */
import type { Principal } from "../../identity/principal.ts";
import { hasAccess } from "./access.ts";
import { raw, sql, type Sql } from "../sql/template.ts";

/** Which rows there may be. */
export interface VisibilityHint {
  /** One bit for each class of rows: 1, 2 and 4 for the classes 0, 1 and 2. */
  readonly classes: number;
  /** True when something restricted may be open to the reader. */
  readonly access: boolean;
}

/** Anything there can be. */
export const ANYTHING: VisibilityHint = { classes: 7, access: true };

const hints = new WeakMap<Principal, VisibilityHint>();

/** What was found for a principal last; anything, where nothing is known. */
export function savedHint(principal: Principal): VisibilityHint {
  return hints.get(principal) ?? ANYTHING;
}

/** Expression over the database: the hint of a principal as a number, for `readHint`. */
export function hintFor(principal: Principal): Sql {
  const classes = raw(
    [0, 1, 2]
      .map((each) => `(EXISTS (SELECT 1 FROM resources y WHERE y.visibility = ${each}) << ${each})`)
      .join(" | "),
  );
  const asks = principal.kind !== "system" && principal.kind !== "anonymous";
  return asks && principal.role !== "admin"
    ? sql`(${classes} | (${hasAccess(principal.id)} << 3))`
    : sql`(${classes})`;
}

/** The hint from what `hintFor` answered; and from now on it is the one that is remembered. */
export function saveHint(principal: Principal, stored: number): VisibilityHint {
  const known = savedHint(principal);
  const found = { classes: stored & 7, access: (stored & 8) !== 0 };
  if (known.classes === found.classes && known.access === found.access) return known;
  hints.set(principal, found);
  return found;
}

/** True when a statement that was made for one hint leaves out nothing that another one tells of. */
export function covers(made: VisibilityHint, found: VisibilityHint): boolean {
  return (made.classes & found.classes) === found.classes && (made.access || !found.access);
}
