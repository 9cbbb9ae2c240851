/**
 * What the parts of a store work with: one request's sessions, what the isolate remembers, and the
 * settings.
 */
import type { AnonymousAccess } from "../identity/policy.ts";
import type { Principal } from "../identity/principal.ts";
import type { InstantMicros } from "../model/time.ts";
import type { AsOf } from "../query/query.ts";
import { createRegistry, type VersionedRegistry } from "../schema/registry.ts";
import type { Registry } from "../schema/type.ts";
import type { AuditContext } from "./audit/audit.ts";
import { ANSWER_BOUNDS, Budget } from "./sql/budget.ts";
import { openSession, type Session } from "./sql/session.ts";
import type { Latest, ReadContext } from "./read/read-context.ts";
import { createReadStates, readKnown, type ReadStates } from "./read/state.ts";
import { createQueue, type InTurn } from "./tasks/queue.ts";
import type { Registries } from "./registry/by-registry.ts";
import { readDefinitions, type StoredDefinition } from "./registry/types.ts";

/** What an isolate remembers between requests. Never an authority, only a shortcut. */
export interface Memory {
  registry: VersionedRegistry;
  salt: string | null;
  readonly latest: Latest;
  /** Where writes that lost a race wait for each other. */
  readonly inTurn: InTurn;
}

/** Milliseconds that a repeated write waits for the one before it. */
const RETRY_PATIENCE_MILLIS = 1_000;

/** A fresh memory: the built-in types. */
export function createMemory(): Memory {
  return {
    registry: createRegistry(0, []),
    salt: null,
    latest: { transaction: 0 },
    inTurn: createQueue(RETRY_PATIENCE_MILLIS),
  };
}

/** What a store is opened with. */
export interface StoreOptions {
  readonly database: D1Database;
  readonly memory: Memory;
  readonly now: () => InstantMicros;
  readonly anonymousAccess: AnonymousAccess;
  /** What the request is called in the audit. */
  readonly auditContext: () => AuditContext;
  /** Name of the bucket that holds the objects, as it stands in their addresses. */
  readonly bucket: string;
  /** Bookmark of an earlier request, for reads that must see its writes. */
  readonly bookmark?: string;
  /** What its calls are charged to; absent: a budget of its own for one answer. */
  readonly budget?: Budget;
}

/** Reads the registry for whoever is looking: it holds nothing that not everybody may know. */
const SYSTEM: Principal = { kind: "system", id: "system:registry", role: null };

/** What the parts of one request's store work with. */
export class StoreContext {
  /** What the request may still cost. */
  readonly budget: Budget;
  readonly memory: Memory;
  readonly now: () => InstantMicros;
  readonly anonymousAccess: AnonymousAccess;
  /** Name of the bucket that holds the objects. */
  readonly bucket: string;
  /** What the request is called in the audit. */
  readonly auditContext: () => AuditContext;
  /** The states that reads were answered from. */
  readonly states: ReadStates = createReadStates();
  readonly #database: D1Database;
  #start: string;
  #reading: Session | undefined;
  #writing: Session | undefined;
  /** Sessions that reads have left, and those of plans. */
  readonly #left: Session[] = [];

  constructor(options: StoreOptions) {
    this.budget = options.budget ?? new Budget(ANSWER_BOUNDS);
    this.memory = options.memory;
    this.now = options.now;
    this.anonymousAccess = options.anonymousAccess;
    this.bucket = options.bucket;
    this.#database = options.database;
    this.auditContext = options.auditContext;
    this.#start = options.bookmark ?? "first-unconstrained";
  }

  /** The session of reads, opened when first asked for. */
  reader(): Session {
    return (this.#reading ??= openSession(this.#database, this.#start, this.budget));
  }

  /** The session of writes and of what must be read on the primary. */
  writer(): Session {
    return (this.#writing ??= this.#openPrimary());
  }

  /** The sessions that were opened. */
  sessions(): readonly Session[] {
    return [...this.#left, this.#reading, this.#writing].filter((each) => each !== undefined);
  }

  /** Reads see at least the state of a bookmark, unless one has begun. */
  beginAt(bookmark: string): void {
    this.#start = bookmark;
  }

  /** What a read looks through. */
  readContext(): ReadContext {
    const reader = (): Session => this.reader();
    return {
      ...this.#common(),
      get session() {
        return reader();
      },
      primary: () => {
        if (this.#reading !== undefined) this.#left.push(this.#reading);
        this.#reading = this.#openPrimary();
        return this.#reading;
      },
      states: this.states,
    };
  }

  /** What a read for the plan of a write looks through: the primary, in a state of its own. */
  planContext(session: Session): ReadContext {
    return {
      ...this.#common(),
      session,
      primary: () => {
        const asked = this.#openPrimary();
        this.#left.push(asked);
        return asked;
      },
      states: createReadStates(),
      isPlanned: true,
    };
  }

  /** The registries of the request: the one that its isolate remembers, and others for a principal. */
  registries(principal: Principal, session: () => Session): Registries {
    return {
      known: () => this.memory.registry,
      at: (version) => registryOf(this, principal, session(), version),
    };
  }

  #openPrimary(): Session {
    return openSession(this.#database, "first-primary", this.budget);
  }

  #common() {
    const { budget, anonymousAccess, bucket, auditContext, memory } = this;
    const { registry, latest } = memory;
    // A read goes on by the registry that it began with, unless its answer is of another one.
    const registries = {
      ...this.registries(SYSTEM, () => this.reader()),
      known: () => registry,
    };
    return { budget, registry, anonymousAccess, bucket, auditContext, latest, registries };
  }
}

/** Reads the registered definitions as they are now, which the isolate remembers. */
export async function definitionsOf(
  { memory }: Pick<StoreOptions, "memory">,
  principal: Principal,
  session: Session,
  check?: (caller: Principal) => void,
): Promise<void> {
  const wanted = check === undefined ? {} : { check };
  memory.registry = (await readDefinitions(session, principal, wanted)).registry;
}

/** The definitions that had been registered in a state, oldest first. */
export async function definitionsIn(
  context: StoreContext,
  principal: Principal,
  asOf: AsOf,
  check: (caller: Principal) => void,
): Promise<readonly StoredDefinition[]> {
  const { stored, registry } = await readKnown(context.readContext(), asOf, (session) =>
    readDefinitions(session, principal, { check, asOf }),
  );
  context.memory.registry = registry;
  return asOf.kind === "instant"
    ? stored.filter((each) => each.registeredAt <= asOf.instant)
    : stored;
}

/** The registry of a version that the database has. */
export async function registryOf(
  options: Pick<StoreOptions, "memory">,
  principal: Principal,
  session: Session,
  version: number,
): Promise<Registry> {
  const { memory } = options;
  if (memory.registry.version !== version) await definitionsOf(options, principal, session);
  return memory.registry;
}
