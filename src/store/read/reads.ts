/** The reads of resources, of their past and of who did what, as a part of the store. */
import type { Principal } from "../../identity/principal.ts";
import type { Grant, TransactionRecord } from "../../model/transaction.ts";
import type { AggregateProjection } from "../../query/projection.ts";
import type { AsOf, Query } from "../../query/query.ts";
import type { Looking } from "../meta.ts";
import type { Row } from "../row.ts";
import { readAudit, type AuditPage, type AuditWanted } from "./audit.ts";
import { readChanges, readTransaction, type Feed, type FeedPosition } from "./changes.ts";
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
import { readHistory, type HistoryEntry } from "./history.ts";
import { readIdentifiers } from "./identifiers.ts";
import { readMemberships, type Membership } from "./memberships.ts";
import { resolveExternal, type ExternalKey } from "./resolve.ts";
import { readSourceStatus, type SourceStatus, type StatusWanted } from "./source-status.ts";
import { readStatistics, type Statistics, type StatisticsWanted } from "./statistics.ts";

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
  /** What the product's own work needs, for who may have it done. */
  readonly entrusted: (
    principal: Principal,
    errand: Errand,
    wanted: EntrustedWanted,
  ) => Promise<EntrustedRead>;
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

/** The reads over a store that is looked at anew for each of them. */
export const readsOf = (looking: () => Looking): Reads => ({
  find: (principal, query, options) => find(looking(), principal, query, options),
  count: (principal, query) => count(looking(), principal, query),
  aggregate: (principal, query, projection) => aggregate(looking(), principal, query, projection),
  explain: (principal, query) => explainQuery(looking(), principal, query),
  read: (principal, identifiers, asOf, options) =>
    readIdentifiers(looking(), principal, identifiers, asOf, options),
  history: (principal, identifier, asOf) => readHistory(looking(), principal, identifier, asOf),
  changes: (principal, after, limit, asOf) => readChanges(looking(), principal, after, limit, asOf),
  transaction: (principal, id, asOf) => readTransaction(looking(), principal, id, asOf),
  resolve: (principal, payloadType, keys, asOf) =>
    resolveExternal(looking(), principal, payloadType, keys, asOf),
  sourceStatus: (principal, wanted) => readSourceStatus(looking(), principal, wanted),
  statistics: (principal, wanted) => readStatistics(looking(), principal, wanted),
  grants: (principal, identifiers, asOf) => readGrants(looking(), principal, identifiers, asOf),
  entrusted: (principal, errand, wanted) => readEntrusted(looking(), principal, errand, wanted),
  memberships: (principal) => readMemberships(looking(), principal),
  audit: (principal, wanted) => readAudit(looking(), principal, wanted),
});
