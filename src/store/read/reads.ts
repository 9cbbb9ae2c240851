/** The reads of resources, of their past and of who did what, as a part of the store. */
import type { Principal } from "../../identity/principal.ts";
import type { Grant, TransactionRecord } from "../../model/transaction.ts";
import type { AggregateProjection } from "../../query/projection.ts";
import type { AsOf, Query } from "../../query/query.ts";
import type { StoreContext } from "../context.ts";
import { noteOpened, recordDisclosed } from "../audit/audit.ts";
import type { Row } from "./row.ts";
import { readAudit, type AuditPage, type AuditWanted } from "./audit.ts";
import { readChanges, type Feed, type FeedPosition } from "./changes.ts";
import { readElevated, type ElevatedRead, type ElevatedRequest, type Purpose } from "./elevated.ts";
import { explainPage, explainQuery, type Explained, type PageExplained } from "./explain.ts";
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
export class Reads {
  protected readonly context: StoreContext;

  constructor(context: StoreContext) {
    this.context = context;
  }

  find(principal: Principal, query: Query, options: FindOptions): Promise<Found> {
    return find(this.context.readContext(), principal, query, options);
  }

  count(
    principal: Principal,
    query: Query,
  ): Promise<{ readonly count: number; readonly immutable: boolean }> {
    return count(this.context.readContext(), principal, query);
  }

  /** Figures over the rows of a query, in groups. */
  aggregate(
    principal: Principal,
    query: Query,
    projection: AggregateProjection,
  ): Promise<Aggregated> {
    return aggregate(this.context.readContext(), principal, query, projection);
  }

  /** How the database means to run a query; for admins. */
  explain(principal: Principal, query: Query): Promise<Explained> {
    return explainQuery(this.context.readContext(), principal, query);
  }

  /** What a page of a query goes by; see `explainPage`. */
  explainPage(principal: Principal, query: Query): Promise<PageExplained> {
    return explainPage(this.context.readContext(), principal, query);
  }

  read(
    principal: Principal,
    identifiers: readonly string[],
    asOf: AsOf,
    options: { readonly children: boolean },
  ): Promise<ReadRows> {
    return readIdentifiers(this.context.readContext(), principal, identifiers, asOf, options);
  }

  /** A page of the versions of a resource. */
  history(principal: Principal, wanted: HistoryWanted): Promise<HistoryPage> {
    return readHistory(this.context.readContext(), principal, wanted);
  }

  /** Some versions of a resource; undefined for one that there is not. */
  versions(
    principal: Principal,
    identifier: string,
    wanted: readonly VersionWanted[],
    asOf: AsOf,
  ): Promise<readonly (Row | undefined)[]> {
    return readVersions(this.context.readContext(), principal, identifier, wanted, asOf);
  }

  changes(principal: Principal, after: FeedPosition, limit: number, asOf: AsOf): Promise<Feed> {
    return readChanges(this.context.readContext(), principal, after, limit, asOf);
  }

  transaction(
    principal: Principal,
    id: number,
    asOf: AsOf,
  ): Promise<TransactionRecord & { readonly links: number }> {
    return readTransaction(this.context.readContext(), principal, id, asOf);
  }

  resolve(
    principal: Principal,
    payloadType: string,
    keys: readonly ExternalKey[],
    asOf: AsOf,
  ): Promise<readonly string[]> {
    return resolveExternal(this.context.readContext(), principal, payloadType, keys, asOf);
  }

  /** A revision of a source, as its status shows it; undefined when there is none to be shown. */
  sourceStatus(principal: Principal, wanted: StatusWanted): Promise<SourceStatus | undefined> {
    return readSourceStatus(this.context.readContext(), principal, wanted);
  }

  /** What lies below each datasource that the principal sees. */
  statistics(
    principal: Principal,
    wanted: StatisticsWanted,
  ): Promise<{ readonly statistics: readonly Statistics[]; readonly immutable: boolean }> {
    return readStatistics(this.context.readContext(), principal, wanted);
  }

  /** Who has access to resources that the caller may give access to. */
  grants(
    principal: Principal,
    identifiers: readonly string[],
    asOf: AsOf,
  ): Promise<readonly Grant[]> {
    return readGrants(this.context.readContext(), principal, identifiers, asOf);
  }

  /** What the product's own work needs, for who may have it done. */
  elevated(principal: Principal, purpose: Purpose, wanted: ElevatedRequest): Promise<ElevatedRead> {
    return readElevated(this.context.readContext(), principal, purpose, wanted);
  }

  /** Records that rows of an elevated read are disclosed, as far as they are restricted; before they are. */
  recordDisclosed(principal: Principal, rows: readonly Row[]): Promise<void> {
    return recordDisclosed(this.context.readContext(), principal, rows);
  }

  /** Records that webhooks are told of restricted resources; before they are. */
  noteDelivered(principal: Principal, identifiers: readonly string[]): Promise<void> {
    return noteOpened(this.context.readContext(), principal, "webhook", identifiers);
  }

  /** The groups and projects that the caller belongs to. */
  memberships(principal: Principal): Promise<readonly Membership[]> {
    return readMemberships(this.context.readContext(), principal);
  }

  /** A page of the audit; for admins. */
  audit(principal: Principal, wanted: AuditWanted): Promise<AuditPage> {
    return readAudit(this.context.readContext(), principal, wanted);
  }
}
