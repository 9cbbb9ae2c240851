/** The reads of resources, of their past and of who did what, as a part of the store. */
import type { Principal } from "../../identity/principal.ts";
import type { Grant, TransactionRecord } from "../../model/transaction.ts";
import type { AggregateProjection } from "../../query/projection.ts";
import type { AsOf, Query } from "../../query/query.ts";
import type { Around } from "../context.ts";
import { noteOpened, noteShown } from "../audit/audit.ts";
import type { Row } from "./row.ts";
import { readAudit, type AuditPage, type AuditWanted } from "./audit.ts";
import { readChanges, type Feed, type FeedPosition } from "./changes.ts";
import {
  readEntrusted,
  type EntrustedRead,
  type EntrustedWanted,
  type Errand,
} from "./entrusted.ts";
import { explainQuery, type Explained } from "./explain.ts";
import { aggregate, type Aggregated } from "./aggregate.ts";
import { count, find, type FindOptions, type Found } from "./find.ts";
import { readGrants } from "./grants.ts";
import {
  readHistory,
  readVersions,
  type HistoryPage,
  type HistoryWanted,
  type VersionWanted,
} from "./history.ts";
import { readIdentifiers, type ReadRows } from "./identifiers.ts";
import { readMemberships, type Membership } from "./memberships.ts";
import { resolveExternal, type ExternalKey } from "./resolve.ts";
import { readSourceStatus, type SourceStatus, type StatusWanted } from "./source-status.ts";
import { readStatistics, type Statistics, type StatisticsWanted } from "./statistics.ts";
import { readTransaction } from "./transaction.ts";

/** Reads on behalf of a principal. */
export interface Reads {
  readonly find: (principal: Principal, query: Query, options: FindOptions) => Promise<Found>;
  readonly count: (
    principal: Principal,
    query: Query,
  ) => Promise<{ readonly count: number; readonly immutable: boolean }>;
  /** Figures over the rows of a query, in groups. */
  readonly aggregate: (
    principal: Principal,
    query: Query,
    projection: AggregateProjection,
  ) => Promise<Aggregated>;
  /** How the database means to run a query; for admins. */
  readonly explain: (principal: Principal, query: Query) => Promise<Explained>;
  readonly read: (
    principal: Principal,
    identifiers: readonly string[],
    asOf: AsOf,
    options: { readonly children: boolean },
  ) => Promise<ReadRows>;
  /** A page of the versions of a resource. */
  readonly history: (principal: Principal, wanted: HistoryWanted) => Promise<HistoryPage>;
  /** Some versions of a resource; undefined for one that there is not. */
  readonly versions: (
    principal: Principal,
    identifier: string,
    wanted: readonly VersionWanted[],
    asOf: AsOf,
  ) => Promise<readonly (Row | undefined)[]>;
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
  ) => Promise<TransactionRecord & { readonly links: number }>;
  /** Who has access to resources that the caller may give access to. */
  readonly grants: (
    principal: Principal,
    identifiers: readonly string[],
    asOf: AsOf,
  ) => Promise<readonly Grant[]>;
  /** What the product's own work needs, for who may have it done. */
  readonly entrusted: (
    principal: Principal,
    errand: Errand,
    wanted: EntrustedWanted,
  ) => Promise<EntrustedRead>;
  /** Records that rows of an errand are shown, as far as they are restricted; before they are. */
  readonly noteShown: (principal: Principal, rows: readonly Row[]) => Promise<void>;
  /** Records that webhooks are told of restricted resources; before they are. */
  readonly noteDelivered: (principal: Principal, identifiers: readonly string[]) => Promise<void>;
  /** The groups and projects that the caller belongs to. */
  readonly memberships: (principal: Principal) => Promise<readonly Membership[]>;
  /** A page of the audit; for admins. */
  readonly audit: (principal: Principal, wanted: AuditWanted) => Promise<AuditPage>;
  readonly resolve: (
    principal: Principal,
    payloadType: string,
    keys: readonly ExternalKey[],
    asOf: AsOf,
  ) => Promise<readonly string[]>;
  /** A revision of a source, as its status shows it; undefined when there is none to be shown. */
  readonly sourceStatus: (
    principal: Principal,
    wanted: StatusWanted,
  ) => Promise<SourceStatus | undefined>;
  /** What lies below each datasource that the principal sees. */
  readonly statistics: (
    principal: Principal,
    wanted: StatisticsWanted,
  ) => Promise<{ readonly statistics: readonly Statistics[]; readonly immutable: boolean }>;
}

/** The reads, as members of every request's store: see `openStore`. */
export const READS: Reads & ThisType<Around> = {
  find(principal, query, options) {
    return find(this.looking(), principal, query, options);
  },
  count(principal, query) {
    return count(this.looking(), principal, query);
  },
  aggregate(principal, query, projection) {
    return aggregate(this.looking(), principal, query, projection);
  },
  explain(principal, query) {
    return explainQuery(this.looking(), principal, query);
  },
  read(principal, identifiers, asOf, options) {
    return readIdentifiers(this.looking(), principal, identifiers, asOf, options);
  },
  history(principal, wanted) {
    return readHistory(this.looking(), principal, wanted);
  },
  versions(principal, identifier, wanted, asOf) {
    return readVersions(this.looking(), principal, identifier, wanted, asOf);
  },
  changes(principal, after, limit, asOf) {
    return readChanges(this.looking(), principal, after, limit, asOf);
  },
  transaction(principal, id, asOf) {
    return readTransaction(this.looking(), principal, id, asOf);
  },
  resolve(principal, payloadType, keys, asOf) {
    return resolveExternal(this.looking(), principal, payloadType, keys, asOf);
  },
  sourceStatus(principal, wanted) {
    return readSourceStatus(this.looking(), principal, wanted);
  },
  statistics(principal, wanted) {
    return readStatistics(this.looking(), principal, wanted);
  },
  grants(principal, identifiers, asOf) {
    return readGrants(this.looking(), principal, identifiers, asOf);
  },
  entrusted(principal, errand, wanted) {
    return readEntrusted(this.looking(), principal, errand, wanted);
  },
  noteShown(principal, rows) {
    return noteShown(this.looking(), principal, rows);
  },
  noteDelivered(principal, identifiers) {
    return noteOpened(this.looking(), principal, "webhook", identifiers);
  },
  memberships(principal) {
    return readMemberships(this.looking(), principal);
  },
  audit(principal, wanted) {
    return readAudit(this.looking(), principal, wanted);
  },
};
