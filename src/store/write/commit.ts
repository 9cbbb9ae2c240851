/**
 * Turns a plan into the statements of one batch. Their number depends on what kinds of change and
 * how many payload types there are, and on the bytes (a parameter holds 2 MB), never on rows.
 */
import type { InstantMicros } from "../../model/time.ts";
import type { Receipt, WriteContext } from "../../model/transaction.ts";
import type { Principal } from "../../identity/principal.ts";
import type { PayloadType, Registry } from "../../schema/type.ts";
import { authGuards } from "../accounts/auth-state.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { saveResponse } from "./idempotency.ts";
import { queueChecks } from "../object-records/checks.ts";
import { claimStatements } from "../object-records/prefixes.ts";
import {
  hasUniqueKeys,
  projectRows,
  reprojectRows,
  deleteProjectionRows,
} from "../projection/table.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { leaseGuards } from "../sources/lease.ts";
import { VERSION_COLUMNS } from "../tables/core.ts";
import type { Draft } from "./draft.ts";
import type { CommittedRow } from "./load-rows.ts";
import { layoutOf, sources } from "./layout.ts";
import { originEdges } from "./edges.ts";
import { refuseWhen } from "./guard.ts";
import { rightsView } from "./object-rights.ts";
import { openingGuards } from "./opening.ts";
import { linkGuards, linkStatements } from "./link-statements.ts";
import { advance, allocate } from "./numbers.ts";
import { objectGuards, reopenReferences, writeReferences } from "./object-statements.ts";
import type { Plan } from "./plan.ts";
import { referenceGuards } from "./references.ts";
import { keepSecrets } from "./secrets.ts";
import { refuseOrphans } from "./tree.ts";
import { seenGuards } from "./seen.ts";
import { transactionRow } from "./transaction-row.ts";
import { refreshVisibility, visibilityGuards } from "./visibility.ts";

const TX = raw("(SELECT max(id) FROM transactions)");
const INSTANT = raw("(SELECT max(recorded_at) FROM transactions)");
const FIRST_RID = raw("(SELECT first_rid FROM transactions ORDER BY id DESC LIMIT 1)");

const rid = (draft: Draft): number => draft.before?.rid ?? 0;

/** A row that the plan read and changes is not as it was, or a parent is not live. */
const isStale = (plan: Plan, registry: Registry): readonly Sql[] => {
  const touched = [...plan.updated, ...plan.deleted].map((draft) => [
    rid(draft),
    draft.before?.version,
  ]);
  const parents = plan.parents.map((row) => [row.rid, row.is_restricted]);
  return [
    sql`(SELECT registry_version FROM state) <> ${registry.version}`,
    ...jsonChunks(touched).map(
      ({ text }) => sql`EXISTS (SELECT 1 FROM json_each(${text}) j
        CROSS JOIN resources r ON r.rid = j.value->>0 WHERE r.version <> j.value->>1)`,
    ),
    ...jsonChunks(parents).map(
      ({ text }) => sql`EXISTS (SELECT 1 FROM json_each(${text}) j
        CROSS JOIN resources r ON r.rid = j.value->>0 WHERE r.is_deleted = 1
        OR (r.visibility = 2) <> j.value->>1)`,
    ),
    ...visibilityGuards(plan),
  ];
};

const insertRows = (created: readonly Draft[], principal: Principal): readonly Sql[] => {
  if (created.length === 0) return [];
  const layout = layoutOf(created, principal.id);
  return jsonChunks(created.map(layout.pack)).map(
    ({ first, text }) => sql`INSERT INTO resources (rid, ${layout.names}, version, created_at,
        updated_at, tx_from, is_deleted)
      SELECT ${FIRST_RID} + ${first} + j.key, ${layout.values}, 1, ${INSTANT},
        ${INSTANT}, ${TX}, 0 FROM json_each(${text}) j`,
  );
};

const supersede = (drafts: readonly Draft[]): readonly Sql[] => {
  const columns = VERSION_COLUMNS.map((name) => `r.${name}`).join(", ");
  return jsonChunks(drafts.map(rid)).map(
    ({ text }) => sql`INSERT INTO history (${raw(VERSION_COLUMNS.join(", "))}, tx_to)
      SELECT ${raw(columns)}, ${TX} FROM json_each(${text}) j CROSS JOIN resources r ON r.rid = j.value`,
  );
};

const pack = (draft: Draft): readonly unknown[] => [
  rid(draft),
  draft.schemaVersion,
  draft.parentIdentifier,
  sources(draft),
  draft.license,
  draft.accessLevel,
  draft.isDeleted ? 1 : 0,
  draft.payload === null ? null : JSON.stringify(draft.payload),
];

const hasRollup = (draft: Draft): boolean =>
  draft.parentIdentifier === draft.before?.parent_identifier &&
  draft.isDeleted === (draft.before.is_deleted === 1);

const PLAIN_COLUMNS = [
  "schema_version",
  "version",
  "derived_from",
  "license",
  "access_level",
  "updated_at",
  "tx_from",
  "payload",
];

/**
 * New versions of existing rows, written as upserts: an UPDATE FROM would scan. Where no row moves,
 * dies or is restored, the columns of the tree's index are left alone.
 */
const replaceRows = (drafts: readonly Draft[]): readonly Sql[] => {
  const columns = drafts.every(hasRollup)
    ? PLAIN_COLUMNS
    : [...PLAIN_COLUMNS, "parent_identifier", "is_deleted"];
  const updates = columns.map((name) => `${name} = excluded.${name}`).join(", ");
  return jsonChunks(drafts.map(pack)).map(
    ({ text }) => sql`INSERT INTO resources (${raw(VERSION_COLUMNS.join(", "))})
      SELECT r.rid, r.identifier, r.payload_type, j.value->>1, r.version + 1, j.value->>2, j.value->>3,
        j.value->>4, j.value->>5, r.owner, r.created_at, ${INSTANT}, ${TX}, j.value->>6,
        coalesce(j.value->>7, r.payload)
      FROM json_each(${text}) j CROSS JOIN resources r ON r.rid = j.value->>0 WHERE true
      ON CONFLICT (rid) DO UPDATE SET ${raw(updates)}`,
  );
};

const isPlainTombstone = (draft: Draft): boolean => {
  const { before } = draft;
  return before !== null && draft.payload === null && before.is_deleted === 0;
};

/** Tombstones that change nothing else need no payload to travel. */
const tombstoneRows = (drafts: readonly Draft[]): readonly Sql[] =>
  jsonChunks(drafts.map(rid)).map(
    ({ text }) => sql`UPDATE resources SET is_deleted = 1, version = version + 1,
        updated_at = ${INSTANT}, tx_from = ${TX}
      WHERE rid IN (SELECT value FROM json_each(${text}))`,
  );

const typeOf = (registry: Registry, name: string): PayloadType => {
  const type = registry.types.get(name);
  if (type === undefined) throw new Error("A stored resource has an unregistered payload type.");
  return type;
};

const membersOf = (drafts: readonly Draft[]): ReadonlySet<string> => {
  const members = new Set<string>();
  for (const { payload } of drafts) {
    for (const name in payload) members.add(name);
  }
  return members;
};

const grouped = (drafts: readonly Draft[]): readonly (readonly [string, readonly Draft[]])[] => [
  ...Map.groupBy(drafts, (draft) => draft.payloadType),
];

const changedIn = (drafts: readonly Draft[]): ReadonlySet<string> =>
  new Set(drafts.flatMap((draft) => [...draft.changed]));

const isRestored = (draft: Draft): boolean => draft.before?.is_deleted === 1;

const byRid = (text: string): Sql =>
  sql`FROM json_each(${text}) j CROSS JOIN resources r ON r.rid = j.value`;

const deleteProjection = (drafts: readonly Draft[]): readonly Sql[] =>
  grouped(drafts).flatMap(([name, own]) =>
    jsonChunks(own.map(rid)).map(({ text }) =>
      deleteProjectionRows(name, sql`SELECT value FROM json_each(${text})`),
    ),
  );

const project = (plan: Plan, registry: Registry): readonly Sql[] => {
  // Values of unique keys may change hands: who gives them up goes first.
  const mayClash = (draft: Draft): boolean => hasUniqueKeys(typeOf(registry, draft.payloadType));
  const live = plan.updated.filter((draft) => !isRestored(draft));
  const handed = live.filter(mayClash);
  const plain = live.filter((draft) => !mayClash(draft));
  return [
    ...deleteProjection([...plan.deleted, ...handed]),
    ...projectAnew(plan, registry, [...plan.updated.filter(isRestored), ...handed]),
    ...grouped(plain).flatMap(([name, drafts]) =>
      jsonChunks(drafts.map(rid)).map(({ text }) =>
        reprojectRows(typeOf(registry, name), changedIn(drafts), byRid(text)),
      ),
    ),
  ];
};

const projectAnew = (plan: Plan, registry: Registry, whole: readonly Draft[]): readonly Sql[] => [
  ...grouped(plan.created).map(([name, drafts]) =>
    projectRows(
      typeOf(registry, name),
      membersOf(drafts),
      sql`FROM resources r WHERE r.rid >= ${FIRST_RID} AND +r.payload_type = ${name}`,
    ),
  ),
  ...grouped(whole).flatMap(([name, drafts]) =>
    jsonChunks(drafts.map(rid)).map(({ text }) =>
      projectRows(typeOf(registry, name), membersOf(drafts), byRid(text)),
    ),
  ),
];

/** What a batch needs beside the plan. */
export interface CommitContext {
  readonly principal: Principal;
  readonly context: WriteContext;
  readonly registry: Registry;
  /** Name of the bucket that holds the objects. */
  readonly bucket: string;
  /** The auth epoch under which the principal was confirmed. */
  readonly authEpoch: string;
  /** The clock of this request. */
  readonly now: InstantMicros;
}

/** True when the plan leaves all resources and links as they are. */
export function isIdle(plan: Plan): boolean {
  return (
    plan.created.length + plan.updated.length + plan.deleted.length === 0 &&
    plan.links.opened.length + plan.links.closed.length === 0
  );
}

const receiptText = (plan: Plan, receipt: Receipt): Sql => {
  const text = JSON.stringify(receipt);
  return isIdle(plan)
    ? sql`${text}`
    : sql`json_set(${text}, '$.transaction', ${TX}, '$.recordedAt', ${INSTANT})`;
};

/** The statements of the batch; the last one answers the transaction. Empty when there is nothing to write. */
export function commitStatements(
  plan: Plan,
  receipt: Receipt,
  commitContext: CommitContext,
): readonly Statement<CommittedRow>[] {
  const { principal, context, registry, now, authEpoch } = commitContext;
  const authState = authGuards(principal, authEpoch);
  const memory = saveResponse(principal, context, receiptText(plan, receipt), now);
  if (isIdle(plan)) {
    const kept = [...advance(plan), ...memory];
    return kept.length === 0 ? [] : [...refuseWhen(authState), ...kept, raw("DELETE FROM guard")];
  }
  const [tombstones, replaced] = [
    plan.deleted.filter(isPlainTombstone),
    [...plan.updated, ...plan.deleted.filter((draft) => !isPlainTombstone(draft))],
  ];
  return [
    ...refuseWhen([
      ...authState,
      ...leaseGuards(plan.lease, now),
      ...isStale(plan, registry),
      ...referenceGuards(plan),
      ...linkGuards(plan, registry),
      ...objectGuards(plan.objects, commitContext),
      ...seenGuards(principal, plan.seen, plan.since),
      ...openingGuards(plan.opening, plan.since, rightsView(principal, commitContext)),
    ]),
    ...claimStatements(plan.claims),
    transactionRow(plan, principal, context),
    ...supersede([...plan.updated, ...plan.deleted]),
    ...reopenReferences(plan.objects, TX, commitContext.bucket),
    ...insertRows(plan.created, principal),
    ...replaceRows(replaced),
    ...tombstoneRows(tombstones),
    ...refreshVisibility(plan, registry, FIRST_RID),
    ...project(plan, registry),
    ...originEdges(plan, TX, FIRST_RID),
    ...writeReferences(plan.objects, TX, FIRST_RID),
    ...linkStatements(plan, registry, TX),
    ...refuseOrphans(plan, principal),
    ...allocate(plan),
    ...advance(plan),
    ...keepSecrets(plan),
    ...queueChecks(plan.checks, now),
    ...memory,
    raw("DELETE FROM guard"),
    raw("SELECT id, recorded_at FROM transactions ORDER BY id DESC LIMIT 1"),
  ];
}
