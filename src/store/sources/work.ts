/**
 * The pending work of sources: due schedules, flows that have not ended, and the leases on them. Read
 * by the system, not by a caller.
 */
import type { JsonObject } from "../../model/json.ts";
import { LIMITS } from "../../model/limits.ts";
import { payloadOf } from "../../model/resource.ts";
import { formatInstant, type InstantMicros } from "../../model/time.ts";
import type { PipelineKind } from "../../schema/builtin/pipeline.ts";
import { FINDABILITIES } from "../../schema/builtin/source-spec.ts";
import { dropLease, isLapsed, openLease, renewLease, SOURCE_LEASE } from "../leases/lease.ts";
import { columnsOf, computed, returning, select } from "../sql/columns.ts";
import type { Session } from "../sql/session.ts";
import { raw, sql, type Sql } from "../sql/template.ts";
import { resources, sourceLeases } from "../tables/core.ts";
import { currentIn, type View } from "../visibility/visible.ts";
import type { WorkFlow, WorkLease, WorkPipeline } from "../../schema/source/work.ts";
import { flowPipelineOf } from "./records.ts";

const EVERYTHING: View = { visibility: { kind: "everything" }, snapshot: null };
const AT_ONCE = 100;

/** A dataset whose next revision is due. */
export interface DueDataset {
  readonly identifier: string;
  readonly ownerId: string;
}

/**
 * SQL of the state of an account: `active`, `locked` or `gone`. With another auth server the state is
 * unknown and taken as `active`.
 */
const accountState = (id: Sql, hasAccounts: boolean): Sql =>
  hasAccounts
    ? sql`coalesce((SELECT iif(u.is_active = 1, 'active', 'locked') FROM users u
        WHERE u.id = ${id}), 'gone')`
    : raw("'active'");

const DUE = {
  identifier: computed<string>(raw("x.identifier")),
  owner: computed<string>(raw("x.f_owner_id")),
};

/** Datasets whose schedule is due, the most overdue first, for one state of the owner's account. */
export async function dueDatasets(
  session: Session,
  now: InstantMicros,
  hasAccounts: boolean,
  state: "active" | "gone" = "active",
): Promise<readonly DueDataset[]> {
  const [rows] = await session.batch([
    select(DUE)`FROM x_source_spec x
      WHERE x.f_scheduled_for <= ${formatInstant(now)}
        AND ${accountState(raw("x.f_owner_id"), hasAccounts)} = ${state}
      ORDER BY x.f_scheduled_for, x.identifier LIMIT ${raw(String(LIMITS.sourceRevisionsAtOnce))}`,
  ]);
  return rows.map(({ identifier, owner }) => ({ identifier, ownerId: owner }));
}

/**
 * Datasets with flows that have not ended and without a live lease, those waiting longest first.
 *
 * @param states the states of the owners' accounts.
 */
export async function waitingDatasets(
  session: Session,
  now: InstantMicros,
  hasAccounts: boolean,
  states: readonly string[],
): Promise<readonly string[]> {
  const [rows] = await session.batch([
    select({ dataset: computed<string>(raw("r.parent_identifier")) })`FROM x_source_revision x
      CROSS JOIN resources r ON r.rid = x.rid
      LEFT JOIN source_leases ON source_leases.dataset = r.parent_identifier
      WHERE x.f_status IN ('pending', 'running')
        AND (source_leases.dataset IS NULL OR ${isLapsed(SOURCE_LEASE, now)})
        AND ${accountState(raw("substr(r.owner, 6)"), hasAccounts)} 
          IN (SELECT value FROM json_each(${JSON.stringify(states)}))
      ORDER BY x.created_at LIMIT ${raw(String(AT_ONCE))}`,
  ]);
  return [...new Set(rows.map(({ dataset }) => dataset))];
}

/** Takes the lease of a dataset, unless another worker holds it. */
export async function leaseWork(
  session: Session,
  dataset: string,
  now: InstantMicros,
): Promise<WorkLease | undefined> {
  const token = crypto.randomUUID();
  const [[row]] = await session.batch([
    returning(
      openLease(SOURCE_LEASE, { key: dataset, holder: token }, now),
      columnsOf(sourceLeases, "attempts"),
    ),
  ]);
  return row === undefined ? undefined : { dataset, token, attempts: row.attempts };
}

/**
 * Renews the lease; false when it was lost.
 *
 * @param hasProgress true: the work has made progress since the last renewal.
 */
export async function renewWork(
  session: Session,
  { dataset, token }: WorkLease,
  now: InstantMicros,
  hasProgress: boolean,
): Promise<boolean> {
  const change = hasProgress ? raw("attempts = 0") : undefined;
  const renewal = renewLease(SOURCE_LEASE, { key: dataset, holder: token }, now, change);
  const [rows] = await session.batch([returning(renewal, columnsOf(sourceLeases, "dataset"))]);
  return rows.length > 0;
}

/** Drops the lease: the work has ended, or another worker may continue at once. */
export async function endWork(session: Session, { dataset, token }: WorkLease): Promise<void> {
  await session.batch([dropLease(SOURCE_LEASE, { key: dataset, holder: token })]);
}

const workPipelineOf = (id: string, payload: JsonObject): WorkPipeline => ({
  ...flowPipelineOf(id, payload),
  kind: payload["kind"] as PipelineKind,
  resource: (payload["resource"] as string | undefined) ?? null,
  checkpoint: (payload["checkpoint"] as JsonObject | undefined) ?? null,
});

const flowStatements = (dataset: string, hasAccounts: boolean) => {
  const first = sql`(SELECT x.rid FROM x_source_revision x CROSS JOIN resources r ON r.rid = x.rid
    WHERE x.f_status IN ('pending', 'running') AND r.parent_identifier = ${dataset}
      AND ${currentIn(EVERYTHING, "r")} ORDER BY x.rid LIMIT 1)`;
  const revision = {
    ...columnsOf(resources, "identifier", "owner", "created_at", "payload"),
    account: computed<WorkFlow["account"]>(accountState(raw("substr(r.owner, 6)"), hasAccounts)),
  };
  return [
    select(revision, "r")`FROM resources r WHERE r.rid = ${first}`,
    select(columnsOf(resources, "identifier", "payload"), "p")`FROM resources r
      CROSS JOIN resources p ON p.parent_identifier = r.identifier
      WHERE r.rid = ${first} AND p.payload_type = 'pipeline' AND ${currentIn(EVERYTHING, "p")}
      ORDER BY p.rid`,
  ] as const;
};

/** The first flow of a dataset that has not ended. */
export async function readWork(
  session: Session,
  dataset: string,
  hasAccounts: boolean,
): Promise<WorkFlow | undefined> {
  const statements = flowStatements(dataset, hasAccounts);
  const [[revision], pipelines] = await session.batch(statements);
  if (revision === undefined) return undefined;
  const id = revision.identifier;
  const payload = payloadOf(revision);
  return {
    id,
    dataset,
    number: payload["number"] as number,
    ownerId: revision.owner.slice("user:".length),
    account: revision.account,
    findability: FINDABILITIES.find((each) => each === payload["findability"]) ?? "private",
    createdAt: revision.created_at,
    spec: payload["spec"] as JsonObject,
    pipelines: [
      ...pipelines.map((row) => workPipelineOf(row.identifier, payloadOf(row))),
      workPipelineOf(id, payload["sink"] as JsonObject),
    ],
  };
}
