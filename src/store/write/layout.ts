/** How new rows travel: what is the same in all of them is a parameter, the rest is JSON. */
import { join, raw, sql, type Sql } from "../sql/template.ts";
import { classOf } from "../visibility/visible.ts";
import type { Draft } from "./draft.ts";

/** The sources of a row as the database keeps them: JSON text, or null for none. */
export function sources(draft: Draft): string | null {
  return draft.derivedFrom.length === 0 ? null : JSON.stringify(draft.derivedFrom);
}

type Cell = (draft: Draft) => string | number | null;

/** What a new row takes from its draft. A cell that is the same in all rows travels once. */
const cellsOf = (owner: string): readonly (readonly [string, Cell])[] => [
  ["identifier", (draft) => draft.identifier],
  ["payload_type", (draft) => draft.payloadType],
  ["schema_version", (draft) => draft.schemaVersion],
  ["parent_identifier", (draft) => draft.parentIdentifier],
  ["derived_from", sources],
  ["license", (draft) => draft.license],
  ["access_level", (draft) => draft.accessLevel],
  // By its own level; what lies above it is looked at when the rows are there.
  ["visibility", (draft) => classOf(draft.accessLevel)],
  ["payload", (draft) => JSON.stringify(draft.payload)],
  ["owner", (draft) => draft.owner ?? owner],
];

/** Columns of new rows, the SQL of their values, and what is packed of each draft. */
interface Layout {
  readonly names: Sql;
  readonly values: Sql;
  readonly pack: (draft: Draft) => readonly (string | number | null)[];
}

/**
 * The layout of a batch of new rows; there is at least one.
 *
 * @param owner whose they are, unless a draft says otherwise.
 */
export function layoutOf(drafts: readonly Draft[], owner: string): Layout {
  const cells = cellsOf(owner);
  const varying = cells.filter(([, cell]) => {
    const first = cell(drafts[0] as Draft);
    return drafts.length > 1 && drafts.some((draft) => cell(draft) !== first);
  });
  const values = cells.map((entry) => {
    const position = varying.indexOf(entry);
    return position >= 0 ? raw(`j.value->>${position}`) : sql`${entry[1](drafts[0] as Draft)}`;
  });
  return {
    names: raw(cells.map(([name]) => name).join(", ")),
    values: join(values, ", "),
    pack: (draft) => varying.map(([, cell]) => cell(draft)),
  };
}
