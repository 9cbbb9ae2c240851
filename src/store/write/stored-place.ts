/**
 * What a caller is shown of the place and the sources of stored resources, and whether it may take
 * them to another place: as it is loaded, and guarded in the batch.
 */
import type { Principal } from "../../identity/principal.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import {
  seenIdentifier,
  seenIdentifiers,
  seesEverything,
  visibilityOf,
  type Visibility,
} from "../visibility/visible.ts";
import type { PlaceRow } from "./load-rows.ts";

/** A stored resource, as the caller sees where it lies. */
export interface StoredPlace {
  /** Null: it lies at the top, or below something that the caller does not see. */
  readonly parent: string | null;
  /** Those of its sources that the caller sees. */
  readonly sources: readonly string[];
  /** True: all restrictions above it are the caller's own, and something above it is. */
  readonly isLifted: boolean;
  /** True: the place that the request names opens it to nobody beyond those above it now. */
  readonly isNeutral: boolean;
}

/** A resource, and the place that a request names for it: null in the list for the top. */
export type NamedPlace = readonly [identifier: string, parent: readonly [string | null] | null];

/** Resources above one, from its parent on: `name(identifier, level, owner, above)`. */
const chainAbove = (name: string, parent: string): string =>
  `${name}(identifier, level, owner, above) AS (
    SELECT p.identifier, p.access_level, p.owner, p.parent_identifier
      FROM resources p WHERE p.identifier = ${parent}
    UNION SELECT p.identifier, p.access_level, p.owner, p.parent_identifier
      FROM ${name} CROSS JOIN resources p ON p.identifier = ${name}.above)`;

const isLifted = ({ id }: Principal): Sql =>
  sql`(WITH RECURSIVE ${raw(chainAbove("up", "r.parent_identifier"))}
    SELECT coalesce(max(up.owner = ${id}) AND NOT max(up.level = 'restricted' AND up.owner <> ${id}), 0)
    FROM up)`;

/**
 * Nothing that restricts it is left behind, and what comes to lie above it belongs to those to whom
 * what lay above it did, and was granted to nobody.
 */
const isNeutral = raw(`(WITH RECURSIVE ${chainAbove("old", "r.parent_identifier")},
    ${chainAbove("new", "j.value->>'$[1][0]'")}
  SELECT NOT EXISTS (SELECT 1 FROM old WHERE old.level = 'restricted'
      AND old.identifier NOT IN (SELECT n.identifier FROM new n))
    AND NOT EXISTS (SELECT 1 FROM new WHERE new.identifier NOT IN (SELECT o.identifier FROM old o)
      AND (new.owner NOT IN (SELECT o.owner FROM old o UNION SELECT r.owner)
        OR EXISTS (SELECT 1 FROM x_grant g WHERE g."f_resource_identifier" = new.identifier)
        OR EXISTS (SELECT 1 FROM x_instrument_access a WHERE a."f_instrument_id" = new.identifier))))`);

const placesOf = (
  principal: Principal,
  visibility: Visibility,
  text: string,
): Statement<PlaceRow> =>
  sql`SELECT r.identifier, ${seenIdentifier(visibility, "r.parent_identifier")} AS parent,
    ${seenIdentifiers(visibility, "r.derived_from")} AS sources,
    ${isLifted(principal)} AS is_lifted,
    CASE WHEN r.visibility = 2 AND json_type(j.value, '$[1]') = 'array' THEN ${isNeutral}
      ELSE 1 END AS is_neutral
    FROM json_each(${text}) j CROSS JOIN resources r ON r.identifier = j.value->>0`;

/** The statements of stored places; none for who is shown everything as it is. */
export function placeStatements(
  principal: Principal,
  closed: readonly string[],
  named: readonly NamedPlace[],
): readonly Statement<PlaceRow>[] {
  const visibility = visibilityOf(principal, closed);
  if (seesEverything(visibility)) return [];
  return jsonChunks(named).map(({ text }) => placesOf(principal, visibility, text));
}

/** Stored places by identifier, from the rows of those statements. */
export function readPlaces(rows: readonly PlaceRow[]): ReadonlyMap<string, StoredPlace> {
  return new Map(
    rows.map((row) => [
      row.identifier,
      {
        parent: row.parent,
        sources: JSON.parse(row.sources ?? "[]") as readonly string[],
        isLifted: row.is_lifted === 1,
        isNeutral: row.is_neutral === 1,
      },
    ]),
  );
}

/** What a plan relies on in a stored place. */
export interface ReliedPlace {
  readonly named: NamedPlace;
  readonly parent: string | null;
  readonly isLifted: boolean;
  readonly isNeutral: boolean;
}

/** Conditions of a guard: the caller sees another parent than it did, or may move something no more. */
export function placeGuards(
  principal: Principal,
  closed: readonly string[],
  relied: readonly ReliedPlace[],
): readonly Sql[] {
  const visibility = visibilityOf(principal, closed);
  if (seesEverything(visibility)) return [];
  const packed = relied.map(({ named: [identifier, place], parent, ...rest }) => [
    identifier,
    place,
    parent,
    rest.isLifted ? 1 : 0,
    rest.isNeutral ? 1 : 0,
  ]);
  return jsonChunks(packed).map(
    ({ text }) => sql`EXISTS (SELECT 1 FROM json_each(${text}) j
      CROSS JOIN (${placesOf(principal, visibility, text)}) p ON p.identifier = j.value->>0
      WHERE p.parent IS NOT j.value->>2 OR p.is_lifted < j.value->>3 OR p.is_neutral < j.value->>4)`,
  );
}
