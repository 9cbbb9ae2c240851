/**
 * Turns a plan into the statements of one batch. Their number depends on what kinds of change and
 * how many payload types there are, and on the bytes (a parameter holds 2 MB), never on rows.
 */
import type { InstantMicros } from "../../model/time.ts";
import type { Receipt, WriteContext } from "../../model/transaction.ts";
import type { Principal } from "../../identity/principal.ts";
import type { Registry } from "../../schema/type.ts";
import { authGuards } from "../accounts/auth-state.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { saveResponse } from "./idempotency.ts";
import { queueChecks } from "../object-records/checks.ts";
import { claimStatements } from "../object-records/prefixes.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { leaseGuards } from "../sources/lease.ts";
import type { Draft } from "./draft.ts";
import type { CommittedRow } from "./load-rows.ts";
import { originEdges } from "./edges.ts";
import { refuseWhen } from "./guard.ts";
import { rightsView } from "./object-rights.ts";
import { openingGuards } from "./opening.ts";
import { linkGuards, linkStatements } from "./link-statements.ts";
import { advance, allocate } from "./numbers.ts";
import { objectGuards, reopenReferences, writeReferences } from "./object-statements.ts";
import type { Plan } from "./plan.ts";
import { project } from "./projections.ts";
import { referenceGuards } from "./references.ts";
import {
  FIRST_RID,
  INSTANT,
  insertRows,
  inTableOrder,
  replaceRows,
  rid,
  supersede,
  tombstoneRows,
  TX,
} from "./row-statements.ts";
import { keepSecrets } from "./secrets.ts";
import { refuseOrphans } from "./tree.ts";
import { seenGuards } from "./seen.ts";
import { transactionRow } from "./transaction-row.ts";
import { refreshVisibility, visibilityGuards } from "./visibility.ts";

/** A row that the plan read and changes is not as it was, or a parent is not live. */
const isStale = (plan: Plan, registry: Registry): readonly Sql[] => {
  const touched = inTableOrder([...plan.updated, ...plan.deleted]).map((draft) => [
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

const isPlainTombstone = (draft: Draft): boolean => {
  const { before } = draft;
  return before !== null && draft.payload === null && before.is_deleted === 0;
};

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
    ...supersede(inTableOrder([...plan.updated, ...plan.deleted])),
    ...reopenReferences(plan.objects, TX, commitContext.bucket),
    ...insertRows(plan.created, principal),
    ...replaceRows(inTableOrder(replaced)),
    ...tombstoneRows(inTableOrder(tombstones)),
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
