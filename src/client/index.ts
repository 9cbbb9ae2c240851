/** The TypeScript client of vxdata (docs/sdk.md): web-standard APIs only, and no dependency. */
export { BatchTooLargeError, PartialBatchError } from "./batch.ts";
export type { CatalogueCalls, JsonSchema, RefreshOptions } from "./catalogue.ts";
export { type Client, createClient, type OtherCalls } from "./client.ts";
export {
  type ExportCalls,
  ExportFailedError,
  type ExportFormat,
  type ExportOptions,
  type FinishedExport,
} from "./exports.ts";
export { UnexpectedTypeError } from "./expected.ts";
export type { ChangesQuery, FeedCalls, TypedChange, TypedChanges } from "./feed.ts";
export type * from "./filters.ts";
export type {
  ChildrenQuery,
  LineageBounds,
  LineageCalls,
  TypedLineage,
  TypedNode,
} from "./lineage.ts";
export { type Credentials, login, loginToken } from "./login.ts";
export type { ObjectCalls, UploadAddress } from "./objects.ts";
export type {
  AnswerNotice,
  CallOptions,
  ClientOptions,
  Instant,
  RetryNotice,
  SharedOptions,
  Token,
} from "./options.ts";
export * from "./problem.ts";
export type { QueryCalls, QueryPage } from "./queries.ts";
export type { PatientKey, RegisterOptions, RegistrationCalls, StudyKey } from "./registrations.ts";
export type { ResourceCalls, VersionPage } from "./resources.ts";
export type { Clock, Retries } from "./retry.ts";
export type { Call, Parameters } from "./send.ts";
export { createSha256, type Digest } from "./sha256.ts";
export type * from "./types.ts";
export {
  type Upload,
  UploadError,
  type UploadFile,
  type UploadOptions,
  type UploadProgress,
  type Uploaded,
  type UploadedAt,
} from "./upload.ts";
export type { Walk } from "./walk.ts";
export { BUILTIN_TYPES } from "./wire.ts";
export type * from "./wire.ts";
