/**
 * First segments of object keys: harvested files, uploads and outputs of sources never share one.
 */
import { jsonChunks } from "../sql/chunks.ts";
import { computed, insertInto, select, type RowOfColumns } from "../sql/columns.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { harvestPrefixes } from "../tables/core.ts";

/** Which kinds of objects may exist below a first segment. */
export interface PrefixUse {
  readonly harvest: boolean;
  readonly uploads: boolean;
  readonly sources: boolean;
}

const HARVEST = raw("EXISTS (SELECT 1 FROM harvest_prefixes h WHERE h.prefix = j.value)");
// The range of keys with the segment and a slash as prefix: "0" is the character after "/".
const UPLOADS = raw(`EXISTS (SELECT 1 FROM uploads u
  WHERE u.path >= j.value || '/' AND u.path < j.value || '0')`);
const SOURCES = raw("EXISTS (SELECT 1 FROM x_source_spec x WHERE x.f_owner_id = j.value)");

const USES = {
  prefix: computed<string>(raw("j.value")),
  harvest: computed<number>(HARVEST),
  uploads: computed<number>(UPLOADS),
  sources: computed<number>(SOURCES),
};

/** A row of `prefixStatements`. */
export type PrefixRow = RowOfColumns<typeof USES>;

/** The statements that read how first segments are used. */
export function prefixStatements(prefixes: readonly string[]): readonly Statement<PrefixRow>[] {
  return jsonChunks([...new Set(prefixes)]).map(
    ({ text }) => select(USES)`FROM json_each(${text}) j`,
  );
}

/** How first segments are used, from the rows of those statements. */
export function readPrefixes(rows: readonly PrefixRow[]): ReadonlyMap<string, PrefixUse> {
  return new Map(
    rows.map(({ prefix, harvest, uploads, sources }) => [
      prefix,
      { harvest: harvest === 1, uploads: uploads === 1, sources: sources === 1 },
    ]),
  );
}

/** First segments that a write starts to use. */
export interface PrefixClaims {
  readonly harvest?: readonly string[];
  readonly sources?: readonly string[];
}

const guardsAgainst = (prefixes: readonly string[], isTaken: Sql): readonly Sql[] =>
  jsonChunks([...new Set(prefixes)]).map(
    ({ text }) =>
      sql`INSERT INTO guard (stale) SELECT EXISTS (SELECT 1 FROM json_each(${text}) j WHERE ${isTaken})`,
  );

/** Guards that undo the batch when there are harvested files below one of the first segments. */
export function refuseHarvested(prefixes: readonly string[]): readonly Sql[] {
  return guardsAgainst(prefixes, HARVEST);
}

const CLAIMS = insertInto(harvestPrefixes, "prefix");

/** The statements that claim first segments. The batch is undone when another write was faster. */
export function claimStatements({ harvest = [], sources = [] }: PrefixClaims): readonly Sql[] {
  return [
    ...guardsAgainst(harvest, sql`NOT ${HARVEST} AND (${UPLOADS} OR ${SOURCES})`),
    ...refuseHarvested(sources),
    ...jsonChunks([...new Set(harvest)]).map(
      ({ text }) => sql`${CLAIMS} SELECT value FROM json_each(${text})
      WHERE true ON CONFLICT (prefix) DO NOTHING`,
    ),
  ];
}
