/** The public face of the store: what other layers may use of it. Nobody else imports its files. */
export {
  administrationOver,
  type Administration,
} from "./accounts/administration/administration.ts";
export type { ApiKey } from "./accounts/administration/keys.ts";
export type { Policy } from "./accounts/administration/policies.ts";
export { lastConfirmed } from "./accounts/auth-state.ts";
export { sessionDirectory } from "./accounts/sessions.ts";
export { userDirectory } from "./accounts/users.ts";
export type { AuditContext } from "./audit/audit.ts";
export { refreshRollups, type Rollup } from "./closure/refresh.ts";
export { createMemory } from "./context.ts";
export type { ExportRecord } from "./exports/exports.ts";
export { expireExports, expiredExports, forgetExports, stalledExports } from "./exports/leases.ts";
export {
  claimChecks,
  endCheck,
  readCheck,
  type ObjectCheck,
  type StoredCopy,
} from "./object-records/checks.ts";
export type { PrefixClaims, PrefixUse } from "./object-records/prefixes.ts";
export { forgetUploads, sweepUploads, type Upload } from "./object-records/uploads.ts";
export { advancePast } from "./past/advance.ts";
export type { AuditPage, AuditPosition } from "./read/audit.ts";
export type { Advice } from "./read/advice.ts";
export type { Feed, FeedPosition } from "./read/changes.ts";
export type { ElevatedRead, ElevatedRequest, KeptSecret } from "./read/elevated.ts";
export type { PageExplained } from "./read/explain.ts";
export type { Found } from "./read/find.ts";
export {
  historyPages,
  type HistoryPage,
  type HistoryWanted,
  type VersionWanted,
} from "./read/history.ts";
export {
  PREVIEW_FIELDS,
  type Children,
  type ChildrenWanted,
  type TreeRow,
} from "./read/lineage/children.ts";
export type { Lineage, LineageEdge, LineageNode } from "./read/lineage/graph.ts";
export type { LineageWanted } from "./read/lineage/lineage.ts";
export { authStateOver } from "./read/meta.ts";
export type { ObjectUse } from "./read/objects.ts";
export { linkedKey, type Linked } from "./read/related.ts";
export type { Row } from "./read/row.ts";
export type { UsedIndex } from "./read/used-indexes.ts";
export type { RevisionWanted, SourceStatus } from "./read/source-status.ts";
export type { Statistics } from "./read/statistics.ts";
export { buildIndexes } from "./registry/build-indexes.ts";
export type { Redescription } from "./registry/entities.ts";
export type { FieldIndex } from "./registry/indexes.ts";
export type { FlowAnswer } from "./sources/event.ts";
export { reportEvent } from "./sources/report.ts";
export {
  scheduleDecision,
  uploadDecision,
  type SpecUpload,
  type Uploaded,
} from "./sources/revise.ts";
export { installationOf, openWorkStore, runnerStore } from "./sources/runner.ts";
export { stopDecision } from "./sources/stop.ts";
export { dueDatasets, waitingDatasets } from "./sources/work.ts";
export { Budget, BudgetSpent, TURN_BOUNDS, WORK_BOUNDS } from "./sql/budget.ts";
export {
  backOff,
  isBroken,
  isTransient,
  isUnmigrated,
  openSession,
  total,
  type Session,
  type Usage,
} from "./sql/session.ts";
export { openStore, type Store } from "./store.ts";
export type { TaskForm } from "./tables/core.ts";
export { forgetExpired } from "./tasks/housekeeping.ts";
export { createQueue } from "./tasks/queue.ts";
export { expiredTasks, forgetTasks, type FinishedTask, type NewTask } from "./tasks/tasks.ts";
export type {
  Decided,
  DecidedRequest,
  Decision,
  Known,
  SecretChange,
  Selection,
  Subject,
} from "./write/decision.ts";
export { grantIdentifier } from "./write/grant-identifier.ts";
export { allRelations, type LinkChanges } from "./write/links.ts";
export type { LoadedRow } from "./write/row.ts";
