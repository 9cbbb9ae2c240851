/** The store for the embedded runner. */
import type { AnonymousAccess } from "../../identity/policy.ts";
import { backgroundDelegateOf, type Principal } from "../../identity/principal.ts";
import { AppError } from "../../model/error.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { HeldFlow, Origin, WorkStore } from "../../schema/source/work.ts";
import { NOW } from "../../query/query.ts";
import type { Budget } from "../sql/budget.ts";
import { openSession } from "../sql/session.ts";
import { createMemory } from "../context.ts";
import { openStore, type Store } from "../store.ts";
import { checkpointDecision, type FlowReport } from "./event.ts";
import { principalNamed } from "../accounts/users.ts";
import { reportEvent } from "./report.ts";
import * as work from "./work.ts";

/** See `WorkStore.originsOf`. An account that may not read at all gets null. */
const originsOf = async (
  store: Pick<Store, "advance" | "openObjects" | "naming">,
  caller: Principal,
  key: string,
): Promise<readonly Origin[] | null> => {
  // A run is long: each check uses the current state.
  store.advance();
  try {
    const [isOpen = false] = await store.openObjects(caller, [{ key, asOf: NOW }], "copy");
    return isOpen ? await store.naming(caller, key) : null;
  } catch (error) {
    const isDenied =
      error instanceof AppError && ["unauthenticated", "forbidden"].includes(error.code);
    if (isDenied) return null;
    throw error;
  }
};

/** The settings of an installation that the runner needs. */
export interface Installation {
  readonly anonymousAccess: AnonymousAccess;
  /** The bucket's name in `s3://` addresses. */
  readonly bucket: string;
  /** True: this installation holds the accounts of owners; false: another auth server does. */
  readonly hasAccounts: boolean;
}

/** The installation of some settings. */
export function installationOf(settings: {
  readonly publicRead: boolean;
  readonly s3Bucket: string;
  readonly authServer: string | null;
  readonly authPublicKey: string | null;
}): Installation {
  return {
    anonymousAccess: { publicRead: settings.publicRead },
    bucket: settings.s3Bucket,
    hasAccounts: settings.authServer === null && settings.authPublicKey === null,
  };
}

/** The principal that ends the flows of a deleted account. */
const RUNNER: Principal = { kind: "system", id: "system:sources", role: null };

const nowMicros = (): InstantMicros => Date.now() * 1_000;

/** A store for background work, without a request. */
export function openWorkStore(
  database: D1Database,
  anonymousAccess: AnonymousAccess,
  bucket: string,
  budget: Budget,
): Store {
  const requestId = crypto.randomUUID();
  return openStore({
    database,
    memory: createMemory(),
    now: nowMicros,
    anonymousAccess,
    bucket,
    auditContext: () => ({ requestId, route: "job sources" }),
    budget,
  });
}

/**
 * The store of a run. It writes as the owner of the flow, as long as the owner's account exists.
 *
 * @param budget the budget of the run.
 */
export function runnerStore(
  database: D1Database,
  { anonymousAccess, bucket, hasAccounts }: Installation,
  budget: Budget,
): WorkStore {
  const store = openWorkStore(database, anonymousAccess, bucket, budget);
  const now = nowMicros;
  const session = openSession(database, "first-primary", budget);
  const context = (operation: string) => ({
    surface: "sources",
    operation,
    requestId: crypto.randomUUID(),
  });
  const reportAs = async (
    principal: Principal,
    { lease: { token } }: HeldFlow,
    report: Omit<FlowReport, "token">,
  ): Promise<boolean> => {
    const { kind } = report.event;
    const done = await reportEvent(store, principal, context(kind), { ...report, token });
    return done.answer !== null;
  };
  return {
    lease: (dataset) => work.leaseWork(session, dataset, now()),
    renew: (lease, hasProgress) => work.renewWork(session, lease, now(), hasProgress),
    end: (lease) => work.endWork(session, lease),
    read: (dataset) => work.readWork(session, dataset, hasAccounts),
    report: (held, event, outputs, origins) => {
      const owner = backgroundDelegateOf(held.flow.ownerId, hasAccounts);
      return reportAs(owner, held, { event, outputs, origins });
    },
    abandon: (held, event) => reportAs(RUNNER, held, { event }),
    checkpoint: async ({ flow, lease }, pipelineId, state) => {
      const decision = checkpointDecision(pipelineId, state, lease);
      const owner = backgroundDelegateOf(flow.ownerId, hasAccounts);
      const done = await store.write(owner, { context: context("checkpoint"), decision });
      return done.answer === "true";
    },
    statements: () => store.usage().statements + session.usage().statements,
    originsOf: async (ownerId, key) =>
      originsOf(store, await principalNamed(session, `user:${ownerId}`), key),
  };
}
