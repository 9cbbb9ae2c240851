/** The store as the surfaces see it: reads and writes on behalf of a principal, nothing else. */
import { authorizeSome, type AnonymousAccess } from "../identity/policy.ts";
import type { Principal } from "../identity/principal.ts";
import type { Receipt, Disclosed, WriteContext, WriteRequest } from "../model/transaction.ts";
import type { AsOf } from "../query/query.ts";
import type { Registry } from "../schema/type.ts";
import { refreshFor, type Rollup } from "./closure/refresh.ts";
import {
  definitionsIn,
  definitionsOf,
  registryOf,
  StoreContext,
  type StoreOptions,
} from "./context.ts";
import { ObjectRecords } from "./object-records/records.ts";
import { readWithMeta } from "./read/meta.ts";
import { byRegistry, type RegistryWork } from "./registry/by-registry.ts";
import { describeEntity, type Redescription } from "./registry/entities.ts";
import { readIndexes, setIndexes, type FieldIndex, type IndexesSet } from "./registry/indexes.ts";
import {
  registerType,
  type Redefinition,
  type Registering,
  type Registration,
  type StoredDefinition,
} from "./registry/types.ts";
import { WORK_BOUNDS, type Budget } from "./sql/budget.ts";
import { total, type Usage } from "./sql/session.ts";
import { requireMigrated } from "./tables/readiness.ts";
import { tasksOf, type Tasks } from "./tasks/tasks.ts";
import type { DecidedRequest } from "./write/decision.ts";
import { confirmDisclosed } from "./write/disclosed.ts";
import { write } from "./write/write.ts";

const reading =
  (anonymousAccess: AnonymousAccess) =>
  (caller: Principal): void =>
    authorizeSome(caller, "read", anonymousAccess);

/**
 * One request's access to the store. Its reads of the present show one state, that of the first of
 * them; after a write of its own, that of the next.
 */
export class Store extends ObjectRecords {
  /** What the request may still cost the database. */
  get budget(): Budget {
    return this.context.budget;
  }

  /** Work that goes on after its call was answered. */
  get tasks(): Tasks {
    const { context } = this;
    return tasksOf(() => context.writer(), context.now, context.memory.inTurn);
  }

  async write(principal: Principal, request: WriteRequest | DecidedRequest): Promise<Receipt> {
    const { context } = this;
    const session = context.writer();
    const writing = {
      session,
      reading: () => context.planContext(session),
      now: context.now,
      inTurn: context.memory.inTurn,
      registries: context.registries(principal, () => session),
      bucket: context.bucket,
    };
    return this.#noted(await write(writing, principal, request));
  }

  async registerType(
    principal: Principal,
    context: WriteContext,
    definition: Redefinition,
  ): Promise<{ readonly replayed: boolean }> {
    return this.#remember(await registerType(this.#registering(), principal, context, definition));
  }

  /** The indexed fields of a payload type; for admins. */
  indexes(principal: Principal, payloadType: string): Promise<readonly FieldIndex[]> {
    return readIndexes(this.#registering(), principal, payloadType);
  }

  /** Sets which fields of a payload type are indexed; see `setIndexes`. */
  async setIndexes(
    principal: Principal,
    context: WriteContext,
    payloadType: string,
    fields: readonly string[],
  ): Promise<Pick<IndexesSet, "replayed" | "indexes">> {
    const wanted = { payloadType, fields, auditContext: this.context.auditContext() };
    const set = await setIndexes(this.#registering(), principal, context, wanted);
    return { ...this.#remember(set), indexes: set.indexes };
  }

  /** Changes the metadata of an entity; see `describeEntity`. */
  async describeEntity(
    principal: Principal,
    context: WriteContext,
    name: string,
    redescribe: Redescription,
  ): Promise<{ readonly replayed: boolean }> {
    const registering = this.#registering();
    return this.#remember(await describeEntity(registering, principal, context, name, redescribe));
  }

  /** Passes when the principal could get a kept answer now; see `confirmDisclosed` of the write path. */
  async confirmDisclosed(principal: Principal, shown: Disclosed): Promise<void> {
    const { context } = this;
    const session = context.writer();
    const confirming = { session, auditContext: context.auditContext() };
    const { meta } = await readWithMeta(session, principal, () => []);
    const registry = await registryOf(context, principal, session, meta.registryVersion);
    await confirmDisclosed(confirming, principal, shown, registry);
  }

  /** The registered definitions in a state, oldest first. */
  definitions(principal: Principal, asOf: AsOf): Promise<readonly StoredDefinition[]> {
    return definitionsIn(this.context, principal, asOf, reading(this.context.anonymousAccess));
  }

  /** Brings counts and statistics up to date, as the Cron Trigger does, or works all of them out anew; for admins. */
  refreshRollups(principal: Principal, isFull: boolean): Promise<Rollup> {
    this.budget.widen(WORK_BOUNDS);
    return refreshFor(this.context.writer(), principal, isFull);
  }

  /** The payload types as this isolate last saw them. */
  registry(): Registry {
    return this.context.memory.registry;
  }

  /** The payload types of a version of the registry, fetched when this isolate does not have it. */
  registryAt(principal: Principal, version: number): Promise<Registry> {
    return registryOf(this.context, principal, this.context.writer(), version);
  }

  /** The payload types as they are now. */
  async freshRegistry(principal: Principal): Promise<Registry> {
    const { context } = this;
    await definitionsOf(context, principal, context.reader(), reading(context.anonymousAccess));
    return this.registry();
  }

  /** Does work by the registry that this isolate remembers, and again by a newer one: see `byRegistry`. */
  withRegistry<Answer>(principal: Principal, work: RegistryWork<Answer>): Promise<Answer> {
    const { context } = this;
    return byRegistry(
      context.registries(principal, () => context.reader()),
      work,
    );
  }

  /** The principal with the role that it has now; throws when its token was revoked. */
  async authState(principal: Principal): Promise<Principal> {
    const session = this.context.reader();
    const { meta, principal: caller } = await readWithMeta(session, principal, () => []);
    await registryOf(this.context, caller, this.context.reader(), meta.registryVersion);
    return caller;
  }

  /** Passes when the database answers and has every table of this version. */
  requireReady(): Promise<void> {
    return requireMigrated(this.context.reader());
  }

  /** Salt of the digests of external identifiers. */
  async salt(principal: Principal): Promise<string> {
    const { memory } = this.context;
    memory.salt ??= (await readWithMeta(this.context.reader(), principal, () => [])).meta.salt;
    return memory.salt;
  }

  /**
   * The next read of the present finds out anew what that is. Until then, or until the store writes,
   * all reads show the state of the first: they are parts of one answer.
   */
  advance(): void {
    this.context.states.advance();
  }

  /** Reads from now on see at least the state of a bookmark; before the first read. */
  resume(bookmark: string): void {
    this.context.beginAt(bookmark);
  }

  /** Where the session stands (`x-d1-bookmark`); null before the first call. */
  bookmark(): string | null {
    // Texts of bookmarks sort like the states that they stand for.
    const met = this.context.sessions().flatMap((session) => session.bookmark() ?? []);
    return met.toSorted().at(-1) ?? null;
  }

  /** What the request has cost so far. */
  usage(): Usage {
    return total(this.context.sessions().map((session) => session.usage()));
  }

  /** A receipt, once isolate and request know of its transaction. */
  #noted(receipt: Receipt): Receipt {
    const { memory, states } = this.context;
    const { transaction } = receipt;
    memory.latest.transaction = Math.max(memory.latest.transaction, transaction ?? 0);
    if (transaction !== null) states.advance(transaction);
    return receipt;
  }

  /** What an isolate remembers of a change of the registry: what it led to. */
  #remember({ registry, replayed }: Registration): { readonly replayed: boolean } {
    this.context.memory.registry = registry;
    return { replayed };
  }

  #registering(): Registering {
    const { memory, now } = this.context;
    return { session: this.context.writer(), now, inTurn: memory.inTurn };
  }
}

/** Opens the store for one request. */
export function openStore(options: StoreOptions): Store {
  return new Store(new StoreContext(options));
}
