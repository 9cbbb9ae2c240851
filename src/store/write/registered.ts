/** What external identifiers were registered as, and the highest numbers given. */
import type { Principal } from "../../identity/principal.ts";
import { sql } from "../sql/template.ts";
import { currentIn, visibilityOf } from "../visibility/visible.ts";
import type { LoadPart, NumberRow, RegisteredRow } from "./load-rows.ts";
import type { Needs } from "./needs.ts";
import { texts } from "./parts.ts";

/** What an external identifier was registered as. */
export interface Registered {
  readonly identifier: string;
  /** True when that is live, and the caller may see it; which types are closed the plan knows. */
  readonly isOpen: boolean;
}

/** Key of `Loaded.registered`. */
export function registrationKey(scope: string, digest: string): string {
  return `${digest} ${scope}`;
}

/** The statements that read what the plan needs of registrations. */
export function registerParts(principal: Principal, needs: Needs): LoadPart[] {
  return [
    ...texts(needs.digests).map((text): LoadPart => [
      "registered",
      sql`SELECT a.scope, a.digest, a.identifier,
        (${currentIn({ visibility: visibilityOf(principal), snapshot: null }, "r")}) AS is_open
      FROM json_each(${text}) j
      CROSS JOIN allocations a ON a.scope = j.value->>0 AND a.digest = j.value->>1
      CROSS JOIN resources r ON r.identifier = a.identifier`,
    ]),
    ...texts(needs.scopes).map((text): LoadPart => [
      "numbers",
      sql`SELECT j.value AS scope, (SELECT max(a.number) FROM allocations a WHERE a.scope = j.value)
      AS number FROM json_each(${text}) j`,
    ]),
  ];
}

/** What these statements answered. */
export function readRegister(
  registered: readonly RegisteredRow[],
  numbers: readonly NumberRow[],
): {
  readonly registered: ReadonlyMap<string, Registered>;
  readonly numbers: ReadonlyMap<string, number>;
} {
  return {
    registered: new Map(
      registered.map(({ scope, digest, identifier, is_open: isOpen }) => [
        registrationKey(scope, digest),
        { identifier, isOpen: isOpen === 1 },
      ]),
    ),
    numbers: new Map(numbers.map((row) => [row.scope, row.number ?? 0])),
  };
}
