/** The store as the surfaces see it: reads and writes on behalf of a principal, nothing else. */
import { authorizeSome, type Openness } from "../identity/policy.ts";
import type { Principal } from "../identity/principal.ts";
import type { Receipt, Shown, WriteContext, WriteRequest } from "../model/transaction.ts";
import type { AsOf } from "../query/query.ts";
import type { Registry } from "../schema/type.ts";
import {
  aroundOf,
  definitionsIn,
  definitionsOf,
  registriesOf,
  registryOf,
  type Around,
  type Memory,
  type StoreOptions,
} from "./context.ts";
import { WORK_BOUNDS, type Budget } from "./sql/budget.ts";
import { total, type Usage } from "./sql/session.ts";
import { askWithMeta } from "./read/meta.ts";
import { OBJECT_RECORDS, type ObjectRecords } from "./object-records/records.ts";
import { LINEAGE_READS, type LineageReads } from "./read/lineage/reads.ts";
import { READS, type Reads } from "./read/reads.ts";
import { requireMigrated } from "./tables/readiness.ts";
import { tasksOf, type Tasks } from "./tasks/tasks.ts";
import { byRegistry, type RegistryWork } from "./registry/by-registry.ts";
import { describeEntity, type Redescription } from "./registry/entities.ts";
import { settleFor, type Settled } from "./closure/refresh.ts";
import {
  registerType,
  type Redefinition,
  type Registering,
  type Registration,
  type StoredDefinition,
} from "./registry/types.ts";
import type { DecidedRequest } from "./write/decision.ts";
import { confirmShown } from "./write/shown.ts";
import { write } from "./write/write.ts";

/**
 * One request's access to the store. Its reads of the present show one state, that of the first of
 * them; after a write of its own, that of the next.
 */
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
  /** Passes when the principal could get a kept answer now; see `confirmShown` of the write path. */
  readonly confirmShown: (principal: Principal, shown: Shown) => Promise<void>;
  /** The registered definitions in a state, oldest first. */
  readonly definitions: (principal: Principal, asOf: AsOf) => Promise<readonly StoredDefinition[]>;
  /** Works out counts and statistics anew, as the Cron Trigger does; for admins. */
  readonly settle: (principal: Principal) => Promise<Settled>;
  /** Does work by the registry that this isolate remembers, and again by a newer one: see `byRegistry`. */
  readonly withRegistry: <Answer>(
    principal: Principal,
    work: RegistryWork<Answer>,
  ) => Promise<Answer>;
  /** The payload types of a version of the registry, fetched when this isolate does not have it. */
  readonly registryAt: (principal: Principal, version: number) => Promise<Registry>;
  /** The payload types as this isolate last saw them. */
  readonly registry: () => Registry;
  /** The payload types as they are now. */
  readonly freshRegistry: (principal: Principal) => Promise<Registry>;
  /** The principal with the role that it has now; throws when its token was revoked. */
  readonly standing: (principal: Principal) => Promise<Principal>;
  /** Passes when the database answers and has every table of this version. */
  readonly requireReady: () => Promise<void>;
  /** Salt of the digests of external identifiers. */
  readonly salt: (principal: Principal) => Promise<string>;
  /**
   * The next read of the present finds out anew what that is. Until then, or until the store writes,
   * all reads show the state of the first: they are parts of one answer.
   */
  readonly advance: () => void;
  /** What the request may still cost the database. */
  readonly budget: Budget;
  /** Reads from now on see at least the state of a bookmark; before the first read. */
  readonly resume: (bookmark: string) => void;
  /** Where the session stands (`x-d1-bookmark`); null before the first call. */
  readonly bookmark: () => string | null;
  readonly usage: () => Usage;
}

/** A receipt, once isolate and request know of its transaction. */
const noted = ({ memory: { latest }, states }: Around, receipt: Receipt): Receipt => {
  const { transaction } = receipt;
  latest.transaction = Math.max(latest.transaction, transaction ?? 0);
  if (transaction !== null) states.advance(transaction);
  return receipt;
};

const reading =
  (openness: Openness) =>
  (caller: Principal): void =>
    authorizeSome(caller, "read", openness);

/** What an isolate remembers of a change of the registry: what it led to. */
const remember = (
  memory: Memory,
  { registry, replayed }: Registration,
): { readonly replayed: boolean } => {
  memory.registry = registry;
  return { replayed };
};

const registeringIn = ({ memory, now, writer }: Around): Registering => ({
  session: writer(),
  now,
  inTurn: memory.inTurn,
});

/** What the store does itself, beside the parts that it is put together from. */
type OwnMembers = Omit<Store, "budget" | keyof (Reads & LineageReads & ObjectRecords)>;

const OWN_MEMBERS: OwnMembers & ThisType<Around> = {
  async write(principal, request) {
    const { memory, now } = this;
    const writer = this.writer();
    const writing = {
      session: writer,
      looking: () => this.planning(writer),
      now,
      inTurn: memory.inTurn,
      registries: registriesOf(this, principal, () => writer),
      bucket: this.bucket,
    };
    return noted(this, await write(writing, principal, request));
  },
  async registerType(principal, context, definition) {
    const registering = registeringIn(this);
    return remember(this.memory, await registerType(registering, principal, context, definition));
  },
  async describeEntity(principal, context, name, redescribe) {
    const registering = registeringIn(this);
    const described = await describeEntity(registering, principal, context, name, redescribe);
    return remember(this.memory, described);
  },
  definitions(principal, asOf) {
    return definitionsIn(this, principal, asOf, reading(this.openness));
  },
  advance() {
    this.states.advance();
  },
  async confirmShown(principal, shown) {
    const session = this.writer();
    const confirming = { session, trail: this.looking().trail() };
    const { meta } = await askWithMeta(session, principal, () => []);
    const registry = await registryOf(this, principal, session, meta.registryVersion);
    await confirmShown(confirming, principal, shown, registry);
  },
  settle(principal) {
    this.budget.widen(WORK_BOUNDS);
    return settleFor(this.writer(), principal);
  },
  registry() {
    return this.memory.registry;
  },
  withRegistry(principal, work) {
    return byRegistry(registriesOf(this, principal, this.reader), work);
  },
  registryAt(principal, version) {
    return registryOf(this, principal, this.writer(), version);
  },
  async freshRegistry(principal) {
    await definitionsOf(this, principal, this.reader(), reading(this.openness));
    return this.memory.registry;
  },
  async standing(principal) {
    const { meta, principal: caller } = await askWithMeta(this.reader(), principal, () => []);
    await registryOf(this, caller, this.reader(), meta.registryVersion);
    return caller;
  },
  requireReady() {
    return requireMigrated(this.reader());
  },
  async salt(principal) {
    const { memory } = this;
    memory.salt ??= (await askWithMeta(this.reader(), principal, () => [])).meta.salt;
    return memory.salt;
  },
  get tasks() {
    return tasksOf(this.writer, this.now, this.memory.inTurn);
  },
  resume(bookmark) {
    this.beginAt(bookmark);
  },
  bookmark() {
    // Texts of bookmarks sort like the states that they stand for.
    const met = this.sessions().flatMap((session) => session.bookmark() ?? []);
    return met.toSorted().at(-1) ?? null;
  },
  usage() {
    return total(this.sessions().map((session) => session.usage()));
  },
};

/** The prototype of all stores: to make fifty functions anew costs a request more than its reads. */
const MEMBERS = Object.defineProperties(
  { ...READS, ...LINEAGE_READS, ...OBJECT_RECORDS },
  Object.getOwnPropertyDescriptors(OWN_MEMBERS),
);

/** Opens the store for one request. Its members are called as members: they need their `this`. */
export const openStore = (options: StoreOptions): Store =>
  Object.assign(Object.create(MEMBERS) as Store, aroundOf(options));
