/**
 * What the members of a store have around them: one request's sessions, what the isolate remembers,
 * and the settings. A store's members are made once and reach all of it by `this`.
 */
import type { Openness } from "../identity/policy.ts";
import type { Principal } from "../identity/principal.ts";
import type { InstantMicros } from "../model/time.ts";
import type { AsOf } from "../query/query.ts";
import { createRegistry, type VersionedRegistry } from "../schema/registry.ts";
import type { Registry } from "../schema/type.ts";
import type { Trail } from "./audit/audit.ts";
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
export const createMemory = (): Memory => ({
  registry: createRegistry(0, []),
  salt: null,
  latest: { transaction: 0 },
  inTurn: createQueue(RETRY_PATIENCE_MILLIS),
});

/** What a store is opened with. */
export interface StoreOptions {
  readonly database: D1Database;
  readonly memory: Memory;
  readonly now: () => InstantMicros;
  readonly openness: Openness;
  /** What the request is called in the audit. */
  readonly trail: () => Trail;
  /** Name of the bucket that holds the objects, as it stands in their addresses. */
  readonly bucket: string;
  /** Bookmark of an earlier request, for reads that must see its writes. */
  readonly bookmark?: string;
  /** What its calls are charged to; absent: a budget of its own for one answer. */
  readonly budget?: Budget;
}

/** What the members of a store reach. */
export interface Around {
  /** What the request may still cost. */
  readonly budget: Budget;
  readonly memory: Memory;
  readonly now: () => InstantMicros;
  readonly openness: Openness;
  /** Name of the bucket that holds the objects. */
  readonly bucket: string;
  /** The session of reads, opened when first asked for. */
  readonly reader: () => Session;
  /** The session of writes and of what must be read on the primary. */
  readonly writer: () => Session;
  /** The states that reads were answered from. */
  readonly states: ReadStates;
  /** The sessions that were opened. */
  readonly sessions: () => readonly Session[];
  /** What a read looks through. */
  readonly looking: () => ReadContext;
  /** What a read for the plan of a write looks through: the primary, in a state of its own. */
  readonly planning: (session: Session) => ReadContext;
  /** Reads see at least the state of a bookmark, unless one has begun. */
  readonly beginAt: (bookmark: string) => void;
}

/** Reads the registered definitions as they are now, which the isolate remembers. */
export const definitionsOf = async (
  { memory }: Pick<StoreOptions, "memory">,
  principal: Principal,
  session: Session,
  check?: (caller: Principal) => void,
): Promise<void> => {
  const wanted = check === undefined ? {} : { check };
  memory.registry = (await readDefinitions(session, principal, wanted)).registry;
};

/** The definitions that had been registered in a state, oldest first. */
export const definitionsIn = async (
  { memory, looking }: Pick<Around, "memory" | "looking">,
  principal: Principal,
  asOf: AsOf,
  check: (caller: Principal) => void,
): Promise<readonly StoredDefinition[]> => {
  const { stored, registry } = await readKnown(looking(), asOf, (session) =>
    readDefinitions(session, principal, { check, asOf }),
  );
  memory.registry = registry;
  return asOf.kind === "instant"
    ? stored.filter((each) => each.registeredAt <= asOf.instant)
    : stored;
};

/** The registry of a version that the database has. */
export const registryOf = async (
  options: Pick<StoreOptions, "memory">,
  principal: Principal,
  session: Session,
  version: number,
): Promise<Registry> => {
  const { memory } = options;
  if (memory.registry.version !== version) await definitionsOf(options, principal, session);
  return memory.registry;
};

/** The registries of a request: the one that its isolate remembers, and others for a principal. */
export const registriesOf = (
  options: Pick<StoreOptions, "memory">,
  principal: Principal,
  session: () => Session,
): Registries => ({
  known: () => options.memory.registry,
  at: (version) => registryOf(options, principal, session(), version),
});

/** Reads the registry for whoever is looking: it holds nothing that not everybody may know. */
const SYSTEM: Principal = { kind: "system", id: "system:registry", role: null };

/** What is around the members of one request's store. */
export const aroundOf = (options: StoreOptions): Around => {
  const { database, memory, now, openness, trail, bucket } = options;
  const { budget = new Budget(ANSWER_BOUNDS) } = options;
  let start = options.bookmark ?? "first-unconstrained";
  let reading: Session | undefined;
  let writing: Session | undefined;
  const left: Session[] = [];
  const states = createReadStates();
  const reader = (): Session => (reading ??= openSession(database, start, budget));
  const primary = (): Session => {
    if (reading !== undefined) left.push(reading);
    reading = openSession(database, "first-primary", budget);
    return reading;
  };
  const common = () => {
    const { registry, latest } = memory;
    // A read goes on by the registry that it began with, unless its answer is of another one.
    const registries = { ...registriesOf(options, SYSTEM, reader), known: () => registry };
    return { budget, registry, openness, bucket, trail, latest, registries };
  };
  return {
    budget,
    memory,
    now,
    openness,
    bucket,
    reader,
    writer: () => (writing ??= openSession(database, "first-primary", budget)),
    states,
    sessions: () => [...left, reading, writing].filter((session) => session !== undefined),
    looking: () => ({
      ...common(),
      get session() {
        return reader();
      },
      primary,
      states,
    }),
    planning: (session) => ({
      ...common(),
      session,
      primary: () => {
        const asked = openSession(database, "first-primary", budget);
        left.push(asked);
        return asked;
      },
      states: createReadStates(),
      isPlanned: true,
    }),
    beginAt: (bookmark) => {
      start = bookmark;
    },
  };
};
