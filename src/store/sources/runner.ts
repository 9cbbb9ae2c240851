/** The store as the embedded runner sees it. */
import type { Openness } from "../../identity/policy.ts";
import { ANONYMOUS, delegateOf, type Principal, type Role } from "../../identity/principal.ts";
import { AppError } from "../../model/error.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { FlowEvent } from "../../schema/source/flow.ts";
import type { WorkFlow, WorkLease } from "../../schema/source/work.ts";
import { NOW } from "../../query/query.ts";
import type { Budget } from "../budget.ts";
import { openSession, type Session } from "../database.ts";
import { sql } from "../sql.ts";
import { createMemory } from "../around.ts";
import { openStore, type Store } from "../store.ts";
import { checkpointDecision, type PipelineOutput } from "./event.ts";
import { reportEvent } from "./report.ts";
import * as work from "./work.ts";

/** What the runner does with the store. */
export interface RunnerStore {
  readonly lease: (dataset: string) => Promise<WorkLease | undefined>;
  readonly renew: (lease: WorkLease, wentOn: boolean) => Promise<boolean>;
  readonly end: (lease: WorkLease) => Promise<void>;
  readonly read: (dataset: string) => Promise<WorkFlow | undefined>;
  readonly report: (
    flow: WorkFlow,
    event: FlowEvent,
    outputs: readonly PipelineOutput[],
    origins: readonly string[],
  ) => Promise<void>;
  readonly checkpoint: (
    flow: WorkFlow,
    pipelineId: string,
    state: Parameters<typeof checkpointDecision>[1],
  ) => Promise<void>;
  /**
   * The resources that name an object, as an account sees them; null when it may not open it. That it
   * is copied for the account is recorded.
   */
  readonly originsOf: (ownerId: string, key: string) => Promise<readonly string[] | null>;
  /** Statements that the database was sent so far. */
  readonly statements: () => number;
}

/** An account as it is now; nobody where there is none of this id. */
const accountOf = async (session: Session, ownerId: string): Promise<Principal> => {
  const [[row] = []] = await session.batch([
    sql`SELECT role, token_version FROM users WHERE id = ${ownerId} AND is_active = 1`,
  ]);
  if (row === undefined) return ANONYMOUS;
  return {
    kind: "user",
    id: `user:${ownerId}`,
    role: row["role"] as Role,
    tokenVersion: row["token_version"] as number,
  };
};

/** Who may not read at all reads nothing. */
const originsOf = async (
  store: Pick<Store, "advance" | "openObjects" | "naming">,
  caller: Principal,
  key: string,
): Promise<readonly string[] | null> => {
  // A run is long: each time it asks as of now.
  store.advance();
  try {
    const [isOpen = false] = await store.openObjects(caller, [{ key, asOf: NOW }], "copy");
    return isOpen ? await store.naming(caller, key) : null;
  } catch (error) {
    const isRefused =
      error instanceof AppError && ["unauthenticated", "forbidden"].includes(error.code);
    if (isRefused) return null;
    throw error;
  }
};

const nowMicros = (): InstantMicros => Date.now() * 1_000;

/** A store for work of the product itself, which nobody has asked for just now. */
export const openWorkStore = (
  database: D1Database,
  openness: Openness,
  bucket: string,
  budget: Budget,
): Store => {
  const requestId = crypto.randomUUID();
  return openStore({
    database,
    memory: createMemory(),
    now: nowMicros,
    openness,
    bucket,
    trail: () => ({ requestId, route: "job sources" }),
    budget,
  });
};

/**
 * The store of a run.
 *
 * @param bucket the bucket's name in `s3://` addresses.
 * @param budget what the run may cost.
 */
export const runnerStore = (
  database: D1Database,
  openness: Openness,
  bucket: string,
  budget: Budget,
): RunnerStore => {
  const store = openWorkStore(database, openness, bucket, budget);
  const now = nowMicros;
  const session = openSession(database, "first-primary", budget);
  const context = (operation: string) => ({
    surface: "sources",
    operation,
    requestId: crypto.randomUUID(),
  });
  return {
    lease: (dataset) => work.leaseWork(session, dataset, now()),
    renew: (lease, wentOn) => work.renewLease(session, lease, now(), wentOn),
    end: (lease) => work.endLease(session, lease),
    read: (dataset) => work.readWork(session, dataset),
    report: async (flow, event, outputs, origins) => {
      const report = { event, outputs, origins };
      await reportEvent(store, delegateOf(flow.ownerId), context(event.kind), report);
    },
    checkpoint: async (flow, pipelineId, state) => {
      const decision = checkpointDecision(pipelineId, state);
      await store.write(delegateOf(flow.ownerId), { context: context("checkpoint"), decision });
    },
    statements: () => store.usage().statements + session.usage().statements,
    originsOf: async (ownerId, key) => originsOf(store, await accountOf(session, ownerId), key),
  };
};
