/** The store as the surfaces see it: reads and writes on behalf of a principal, nothing else. */
import { authorizeSome, type Openness } from "../identity/policy.ts";
import type { Principal } from "../identity/principal.ts";
import type { InstantMicros } from "../model/time.ts";
import type {
  Grant,
  Receipt,
  TransactionRecord,
  WriteContext,
  WriteRequest,
} from "../model/transaction.ts";
import { NOW, type AsOf, type Query } from "../query/query.ts";
import { createRegistry, type VersionedRegistry } from "../schema/registry.ts";
import type { Registry, TypeDefinition } from "../schema/type.ts";
import type { Trail } from "./audit.ts";
import { openSession, total, type Session, type Usage } from "./database.ts";
import { askWithMeta, refuseFuture, standingOver, type Latest, type Looking } from "./meta.ts";
import { readAudit, type AuditPage, type AuditWanted } from "./read/audit.ts";
import { readChanges, readTransaction, type Feed, type FeedPosition } from "./read/changes.ts";
import { count, find, type Found } from "./read/find.ts";
import { readGrants } from "./read/grants.ts";
import { readHistory, type HistoryEntry } from "./read/history.ts";
import { readIdentifiers } from "./read/identifiers.ts";
import { lineageReads, type LineageReads } from "./read/lineage/reads.ts";
import { resolveExternal, type ExternalKey } from "./read/resolve.ts";
import { readStatistics, type Statistics, type StatisticsWanted } from "./read/statistics.ts";
import { createQueue, type InTurn } from "./queue.ts";
import type { Row } from "./row.ts";
import { settleFor, type Settled } from "./settled/settle.ts";
import { readDefinitions, registerType, type StoredDefinition } from "./types.ts";
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
export interface Store extends LineageReads {
  readonly find: (
    principal: Principal,
    query: Query,
    options: { readonly children: boolean },
  ) => Promise<Found>;
  readonly count: (
    principal: Principal,
    query: Query,
  ) => Promise<{ readonly count: number; readonly immutable: boolean }>;
  readonly read: (
    principal: Principal,
    identifiers: readonly string[],
    asOf: AsOf,
    options: { readonly children: boolean },
  ) => Promise<{ readonly rows: readonly Row[]; readonly immutable: boolean }>;
  readonly history: (
    principal: Principal,
    identifier: string,
    asOf: AsOf,
  ) => Promise<readonly HistoryEntry[]>;
  readonly changes: (
    principal: Principal,
    after: FeedPosition,
    limit: number,
    asOf: AsOf,
  ) => Promise<Feed>;
  readonly transaction: (
    principal: Principal,
    id: number,
    asOf: AsOf,
  ) => Promise<TransactionRecord>;
  /** Who has access to resources that the caller may give access to. */
  readonly grants: (
    principal: Principal,
    identifiers: readonly string[],
    asOf: AsOf,
  ) => Promise<readonly Grant[]>;
  /** A page of the audit; for admins. */
  readonly audit: (principal: Principal, wanted: AuditWanted) => Promise<AuditPage>;
  readonly write: (principal: Principal, request: WriteRequest) => Promise<Receipt>;
  readonly registerType: (
    principal: Principal,
    context: WriteContext,
    definition: TypeDefinition,
  ) => Promise<{ readonly replayed: boolean }>;
  /** The registered definitions in a state, oldest first. */
  readonly definitions: (principal: Principal, asOf: AsOf) => Promise<readonly StoredDefinition[]>;
  readonly resolve: (
    principal: Principal,
    payloadType: string,
    keys: readonly ExternalKey[],
    asOf: AsOf,
  ) => Promise<readonly string[]>;
  /** What lies below each datasource that the principal sees. */
  readonly statistics: (
    principal: Principal,
    wanted: StatisticsWanted,
  ) => Promise<{ readonly statistics: readonly Statistics[]; readonly immutable: boolean }>;
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

const lazy = <T>(make: () => T): (() => T) & { readonly made: () => T | null } => {
  let value: T | null = null;
  return Object.assign(() => (value ??= make()), { made: () => value });
};

type Reads = Pick<
  Store,
  | "find"
  | "count"
  | "read"
  | "history"
  | "changes"
  | "transaction"
  | "resolve"
  | "statistics"
  | "grants"
  | "audit"
>;

const readsOf = (looking: () => Looking): Reads => ({
  find: (principal, query, options) => find(looking(), principal, query, options),
  count: (principal, query) => count(looking(), principal, query),
  read: (principal, identifiers, asOf, options) =>
    readIdentifiers(looking(), principal, identifiers, asOf, options),
  history: (principal, identifier, asOf) => readHistory(looking(), principal, identifier, asOf),
  changes: (principal, after, limit, asOf) => readChanges(looking(), principal, after, limit, asOf),
  transaction: (principal, id, asOf) => readTransaction(looking(), principal, id, asOf),
  resolve: (principal, payloadType, keys, asOf) =>
    resolveExternal(looking(), principal, payloadType, keys, asOf),
  statistics: (principal, wanted) => readStatistics(looking(), principal, wanted),
  grants: (principal, identifiers, asOf) => readGrants(looking(), principal, identifiers, asOf),
  audit: (principal, wanted) => readAudit(looking(), principal, wanted),
});

const knownAt = (stored: readonly StoredDefinition[], asOf: AsOf): readonly StoredDefinition[] =>
  asOf.kind === "instant" ? stored.filter((each) => each.registeredAt <= asOf.instant) : stored;

/** Opens the store for one request. */
export const openStore = (opening: StoreOptions): Store => {
  const { database, memory, now, openness, trail, bookmark } = opening;
  const check = reading(openness);
  const reader = lazy(() => openSession(database, bookmark ?? "first-unconstrained"));
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
  });

  const definitions = async (
    principal: Principal,
    session: Session,
    asOf: AsOf = NOW,
    may?: (caller: Principal) => void,
  ): Promise<readonly StoredDefinition[]> => {
    const { stored, registry, meta } = await readDefinitions(session, principal, [], may);
    memory.registry = registry;
    refuseFuture(asOf, meta, now());
    return stored;
  };
  const registryAt = async (principal: Principal, version: number): Promise<Registry> => {
    if (memory.registry.version !== version) await definitions(principal, writer());
    return memory.registry;
  };

  return {
    ...readsOf(looking),
    write: async (principal, request) => {
      const writing = {
        session: writer(),
        now,
        inTurn: memory.inTurn,
        registryAt: (version: number) => registryAt(principal, version),
      };
      return noted(memory, await write(writing, principal, request));
    },
    registerType: async (principal, context, definition) => {
      const registering = { session: writer(), now, inTurn: memory.inTurn };
      const { registry, replayed } = await registerType(
        registering,
        principal,
        context,
        definition,
      );
      memory.registry = registry;
      return { replayed };
    },
    definitions: async (principal, asOf) =>
      knownAt(await definitions(principal, reader(), asOf, check), asOf),
    ...lineageReads(looking),
    settle: (principal) => settleFor(writer(), principal),
    registry: () => memory.registry,
    freshRegistry: async (principal) => {
      await definitions(principal, reader(), NOW, check);
      return memory.registry;
    },
    standing: (principal) => standingOver(reader())(principal),
    salt: async (principal) =>
      (memory.salt ??= (await askWithMeta(reader(), principal, () => [])).meta.salt),
    bookmark: () => sessions().at(-1)?.bookmark() ?? null,
    usage: () => total(sessions().map((session) => session.usage())),
  };
};
