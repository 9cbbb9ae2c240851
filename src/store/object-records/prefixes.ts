/**
 * First segments of keys: what a harvest stores, what is uploaded and what sources make never lie
 * below the same one.
 */
import { jsonChunks } from "../sql/chunks.ts";
import { computed, insertInto, select, type RowOfColumns } from "../sql/columns.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { harvestPrefixes } from "../tables/core.ts";

/** What already lies below a first segment, or may. */
export interface PrefixUse {
  readonly harvest: boolean;
  readonly uploads: boolean;
  readonly sources: boolean;
}

const HARVEST = raw("EXISTS (SELECT 1 FROM harvest_prefixes h WHERE h.prefix = j.value)");
// Everything that begins with the segment and a slash: the character behind a slash is 0.
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

/** The statements that find out how first segments are used. */
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

/** First segments that a write begins to use. */
export interface PrefixClaims {
  readonly harvest?: readonly string[];
  readonly sources?: readonly string[];
}

const refuse = (prefixes: readonly string[], isTaken: Sql): readonly Sql[] =>
  jsonChunks([...new Set(prefixes)]).map(
    ({ text }) =>
      sql`INSERT INTO guard (stale) SELECT EXISTS (SELECT 1 FROM json_each(${text}) j WHERE ${isTaken})`,
  );

/** Breaks the batch when harvested files lie below one of the first segments. */
export function refuseHarvested(prefixes: readonly string[]): readonly Sql[] {
  return refuse(prefixes, HARVEST);
}

const CLAIMS = insertInto(harvestPrefixes, "prefix");

/** The statements of a batch that begin the use, unless somebody else was faster. */
export function claimStatements({ harvest = [], sources = [] }: PrefixClaims): readonly Sql[] {
  return [
    ...refuse(harvest, sql`NOT ${HARVEST} AND (${UPLOADS} OR ${SOURCES})`),
    ...refuseHarvested(sources),
    ...jsonChunks([...new Set(harvest)]).map(
      ({ text }) => sql`${CLAIMS} SELECT value FROM json_each(${text})
      WHERE true ON CONFLICT (prefix) DO NOTHING`,
    ),
  ];
}
