/** The store as the surfaces see it: reads and writes on behalf of a principal, nothing else. */
import { authorizeSome, type Openness } from "../identity/policy.ts";
import type { Principal } from "../identity/principal.ts";
import type { InstantMicros } from "../model/time.ts";
import type { Receipt, WriteContext, WriteRequest } from "../model/transaction.ts";
import { NOW, type AsOf } from "../query/query.ts";
import { createRegistry, type VersionedRegistry } from "../schema/registry.ts";
import type { Registry } from "../schema/type.ts";
import type { Trail } from "./audit.ts";
import { openSession, total, type Session, type Usage } from "./database.ts";
import { askWithMeta, refuseFuture, type Latest, type Looking } from "./meta.ts";
import { objectRecords, type ObjectRecords } from "./object-records.ts";
import { lineageReads, type LineageReads } from "./read/lineage/reads.ts";
import { readsOf, type Reads } from "./read/reads.ts";
import { tasksOf, type Tasks } from "./tasks.ts";
import { describeEntity, type Redescription } from "./entities.ts";
import { createQueue, type InTurn } from "./queue.ts";
import { settleFor, type Settled } from "./settled/settle.ts";
import {
  readDefinitions,
  registerType,
  type Redefinition,
  type Registering,
  type Registration,
  type StoredDefinition,
} from "./types.ts";
import type { DecidedRequest } from "./write/decision.ts";
import { write } from "./write/write.ts";

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

/** One request's access to the store. */
export interface Store extends Reads, LineageReads, ObjectRecords {
  readonly write: (
    principal: Principal,
    request: WriteRequest | DecidedRequest,
  ) => Promise<Receipt>;
  readonly registerType: (
    principal: Principal,
    context: WriteContext,
    definition: Redefinition,
  ) => Promise<{ readonly replayed: boolean }>;
  /** Changes the metadata of an entity; see `describeEntity`. */
  readonly describeEntity: (
    principal: Principal,
    context: WriteContext,
    name: string,
    redescribe: Redescription,
  ) => Promise<{ readonly replayed: boolean }>;
  readonly tasks: Tasks;
  /** The registered definitions in a state, oldest first. */
  readonly definitions: (principal: Principal, asOf: AsOf) => Promise<readonly StoredDefinition[]>;
  /** Works out counts and statistics anew, as the Cron Trigger does; for admins. */
  readonly settle: (principal: Principal) => Promise<Settled>;
  /** The payload types as this isolate last saw them. */
  readonly registry: () => Registry;
  /** The payload types as they are now. */
  readonly freshRegistry: (principal: Principal) => Promise<Registry>;
  /** The principal with the role that it has now; throws when its token was revoked. */
  readonly standing: (principal: Principal) => Promise<Principal>;
  /** Salt of the digests of external identifiers. */
  readonly salt: (principal: Principal) => Promise<string>;
  /** Reads from now on see at least the state of a bookmark; before the first read. */
  readonly resume: (bookmark: string) => void;
  /** Where the session stands (`x-d1-bookmark`); null before the first call. */
  readonly bookmark: () => string | null;
  readonly usage: () => Usage;
}

/** What a store is opened with. */
export interface StoreOptions {
  readonly database: D1Database;
  readonly memory: Memory;
  readonly now: () => InstantMicros;
  readonly openness: Openness;
  /** What the request is called in the audit. */
  readonly trail: () => Trail;
  /** Bookmark of an earlier request, for reads that must see its writes. */
  readonly bookmark?: string;
}

/** A receipt, once the isolate remembers its transaction. */
const noted = ({ latest }: Memory, receipt: Receipt): Receipt => {
  latest.transaction = Math.max(latest.transaction, receipt.transaction ?? 0);
  return receipt;
};

const reading =
  (openness: Openness) =>
  (caller: Principal): void =>
    authorizeSome(caller, "read", openness);

/** Reads the registry for whoever is looking: it holds nothing that not everybody may know. */
const SYSTEM: Principal = { kind: "system", id: "system:registry", role: null };

const lazy = <T>(make: () => T): (() => T) & { readonly made: () => T | null } => {
  let value: T | null = null;
  return Object.assign(() => (value ??= make()), { made: () => value });
};

const knownAt = (stored: readonly StoredDefinition[], asOf: AsOf): readonly StoredDefinition[] =>
  asOf.kind === "instant" ? stored.filter((each) => each.registeredAt <= asOf.instant) : stored;

type RegistryWrites = Pick<Store, "registerType" | "describeEntity">;

/** What the store does itself, beside the parts that it is put together from. */
type OwnParts = Omit<Store, keyof (Reads & LineageReads & ObjectRecords & RegistryWrites)>;

/** Changes of the registry; the isolate remembers what they led to. */
const registeringOf = ({ memory, now }: StoreOptions, writer: () => Session): RegistryWrites => {
  const remember = ({ registry, replayed }: Registration): { readonly replayed: boolean } => {
    memory.registry = registry;
    return { replayed };
  };
  const registering = (): Registering => ({ session: writer(), now, inTurn: memory.inTurn });
  return {
    registerType: async (principal, context, definition) =>
      remember(await registerType(registering(), principal, context, definition)),
    describeEntity: async (principal, context, name, redescribe) =>
      remember(await describeEntity(registering(), principal, context, name, redescribe)),
  };
};

/** What the isolate knows of the payload types, brought up to date. */
interface Knowing {
  readonly definitions: (
    principal: Principal,
    session: Session,
    asOf?: AsOf,
    may?: (caller: Principal) => void,
  ) => Promise<readonly StoredDefinition[]>;
  /** The registry of a version that the database has. */
  readonly registryAt: (
    principal: Principal,
    session: Session,
    version: number,
  ) => Promise<Registry>;
}

const knowingOf = ({ memory, now }: StoreOptions): Knowing => {
  const definitions: Knowing["definitions"] = async (principal, session, asOf = NOW, may) => {
    const { stored, registry, meta } = await readDefinitions(session, principal, [], may);
    memory.registry = registry;
    refuseFuture(asOf, meta, now());
    return stored;
  };
  return {
    definitions,
    registryAt: async (principal, session, version) => {
      if (memory.registry.version !== version) await definitions(principal, session);
      return memory.registry;
    },
  };
};

/** Opens the store for one request. */
export const openStore = (opening: StoreOptions): Store => {
  const { database, memory, now, openness, trail } = opening;
  const check = reading(openness);
  const { definitions, registryAt } = knowingOf(opening);
  let start = opening.bookmark ?? "first-unconstrained";
  const reader = lazy(() => openSession(database, start));
  const writer = lazy(() => openSession(database, "first-primary"));
  const sessions = (): readonly Session[] =>
    [reader.made(), writer.made()].filter((session) => session !== null);
  const looking = (): Looking => ({
    session: reader(),
    now: now(),
    registry: memory.registry,
    openness,
    trail,
    latest: memory.latest,
    refresh: async () => {
      await definitions(SYSTEM, reader());
      return memory.registry;
    },
  });

  const own: OwnParts = {
    write: async (principal, request) => {
      const writing = {
        session: writer(),
        now,
        inTurn: memory.inTurn,
        registryAt: (version: number) => registryAt(principal, writer(), version),
        registry: () => memory.registry,
      };
      return noted(memory, await write(writing, principal, request));
    },
    definitions: async (principal, asOf) =>
      knownAt(await definitions(principal, reader(), asOf, check), asOf),
    settle: (principal) => settleFor(writer(), principal),
    registry: () => memory.registry,
    freshRegistry: async (principal) => {
      await definitions(principal, reader(), NOW, check);
      return memory.registry;
    },
    standing: async (principal) => {
      const { meta, principal: caller } = await askWithMeta(reader(), principal, () => []);
      await registryAt(caller, reader(), meta.registryVersion);
      return caller;
    },
    salt: async (principal) =>
      (memory.salt ??= (await askWithMeta(reader(), principal, () => [])).meta.salt),
    tasks: tasksOf(reader, writer, now),
    resume: (bookmark) => {
      start = bookmark;
    },
    bookmark: () => sessions().at(-1)?.bookmark() ?? null,
    usage: () => total(sessions().map((session) => session.usage())),
  };
  const records = objectRecords({
    looking,
    writer,
    openness,
    registryAt: (principal, version) => registryAt(principal, writer(), version),
    now,
  });
  // Spread syntax takes twenty times as long for so many members, in each request.
  return Object.assign(
    own,
    readsOf(looking),
    lineageReads(looking),
    records,
    registeringOf(opening, writer),
  );
};
