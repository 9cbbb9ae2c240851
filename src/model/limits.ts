/** Every bound of the product, in one place. docs/limits.md lists them; a test compares the two. */
export const LIMITS = {
  /** Bytes of a request body, chunked or not (RFC 9110 413 above it). */
  bodyBytesMax: 32 * 1024 * 1024,
  /** Elements of any request collection. */
  batchItemsMax: 10_000,
  /** Errors that one response lists. */
  errorsListedMax: 10_000,
  /** Characters (code points) of an identifier. */
  identifierLengthMax: 256,
  /** Bytes of one resource's payload as JSON: below D1's 2,000,000 bytes per value. */
  payloadBytesMax: 1_900_000,
  /** Nesting of any request body. */
  bodyDepthMax: 64,
  /** Bytes of one JSON parameter of a statement: below D1's 2,000,000 bytes per value. */
  parameterBytesMax: 1_900_000,
  /** Bytes of stored payloads and sources that one write loads for the resources it names. */
  loadedBytesMax: 32 * 1024 * 1024,
  /** Bytes of the payloads and sources of all versions that one write supersedes. */
  supersededBytesMax: 64 * 1024 * 1024,
  /** `and`, `or` and `not` on one path of a filter. */
  filterDepthMax: 16,
  /** Bytes that an update by a query may write into one document, including overwritten ones. */
  patchAddedBytesMax: 4_000_000,
  /**
   * Elements of arrays that an update by a query copies, plus eight times the bytes that it writes.
   */
  patchWorkMax: 256_000_000,
  /** Leaves of one filter. */
  filterNodesMax: 1_000,
  /** Values of one `in` list. */
  filterListMax: 10_000,
  /** Characters of a regular expression. */
  regexLengthMax: 500,
  /** Instructions of a compiled regular expression: the cost of a test for each character. */
  patternSizeMax: 1_000,
  /** Instructions of all regular expressions of one filter. */
  filterPatternsMax: 10_000,
  /** Bytes of a LIKE or GLOB pattern that D1 takes. */
  likePatternBytesMax: 50,
  /** Largest `limit` of a page. */
  pageSizeMax: 5_000,
  /** Default page size. */
  pageSizeDefault: 1_000,
  /**
   * Bytes of payloads and lists on one page of a response, and in one response of the database: an
   * isolate holds several times as much while it builds a page. One row may be larger.
   */
  pageBytesMax: 8 * 1024 * 1024,
  /** Rows that one request tests one by one where SQL cannot decide the whole condition. */
  residualRowsMax: 150_000,
  /** Comparisons that one request makes within documents: elements times conditions or rules. */
  comparisonsMax: 25_000_000,
  /** Rows that the database reads for one request before no more work is started. */
  requestRowsMax: 3_000_000,
  /** Milliseconds that the database works for one request before no more work is started. */
  requestMillisMax: 15_000,
  /** The same for streams, exports and jobs, which yield to other requests between pages. */
  workMillisMax: 120_000,
  /**
   * Statements of one request: D1 takes 1,000 per invocation, and some have to follow a response.
   */
  requestStatementsMax: 900,
  /** Statements of an export, or of other work after a response. */
  workStatementsMax: 800,
  /** Statements that D1 takes of one invocation. */
  invocationStatementsMax: 1_000,
  /** Database calls of one request at the same time. */
  callsAtOnceMax: 4,
  /** Levels of the tree below a root. */
  treeDepthMax: 32,
  /** Ancestors that one write reads, of all parents that it names. */
  ancestorsReadMax: 50_000,
  /** Resources below those that one write moves to a deeper level, including these. */
  resourcesDeepenedMax: 100_000,
  /** Resources that one write makes restricted or opens, including what is below them. */
  reclassifiedMax: 50_000,
  /**
   * Sources (`derived_from`) that one write names and replaces, counted each time they are named.
   */
  sourcesTouchedMax: 100_000,
  /** Derivations that one write reads to find cycles. */
  derivationsReadMax: 20_000,
  /** Columns of a typed projection. */
  projectionColumnsMax: 70,
  /** How often a write is planned again after a lost race. */
  writeAttemptsMax: 5,
  /** Characters of an Idempotency-Key. */
  idempotencyKeyLengthMax: 255,
  /** Characters of the reason of a write. */
  reasonLengthMax: 1_024,
  /** Hours for which an Idempotency-Key is stored. */
  idempotencyHours: 24,
  /** Idempotency-Keys of one caller that are stored at a time. */
  idempotencyKeysMax: 1_000_000,
  /** Bytes of the responses stored for them. */
  idempotencyBytesMax: 268_435_456,
  /** Milliseconds that an `as_of` may lie ahead of the database's clock: a read waits that long. */
  asOfAheadMillisMax: 2_000,
  /** Seconds that a change feed call may wait. */
  changesWaitSecondsMax: 30,
  /** Changes on one page of the feed. */
  changesPageMax: 10_000,
  /** Changes that one call of the feed skips, hidden ones included, before its page ends. */
  changesExaminedMax: 100_000,
  /** Longest validity of an object's signed address, in seconds. */
  addressSecondsMax: 604_800,
  /** Default validity of an object's signed address, in seconds. */
  addressSecondsDefault: 900,
  /** Addresses of one presign call. */
  addressesMax: 1_000,
  /** Bytes of an object's key (R2). */
  objectKeyBytesMax: 1_024,
  /** Bytes of an object that is uploaded in one piece (R2: 4.995 GiB). */
  uploadBytesMax: 5_363_000_000,
  /** Unfinished uploads of one caller. */
  uploadsOpenMax: 100_000,
  /** Largest object in bytes that `finalize` still hashes. */
  hashedBytesMax: 2_147_483_648,
  /** Rows of one page of a Parquet preview. */
  previewRowsMax: 10_000,
  /** Bytes of a Parquet file's footer that a preview reads. */
  previewFooterBytesMax: 8_388_608,
  /** Bytes of the row groups that one preview reads, as stored in the file. */
  previewReadBytesMax: 33_554_432,
  /** Bytes that these may decompress to. */
  previewDecompressedBytesMax: 67_108_864,
  /** Values that these may hold. */
  previewValuesMax: 4_000_000,
  /** Characters of one preview's response. */
  previewAnswerMax: 8_388_608,
  /**
   * Bytes of payloads and lists on one page of a file that is made of a query: an isolate holds
   * several copies of two such pages.
   */
  exportPageBytesMax: 4 * 1024 * 1024,
  /** Exports of one caller that have not ended. */
  exportsOpenMax: 10,
  /** How often an export is started. */
  exportAttemptsMax: 3,
  /** Seconds without a heartbeat after which another worker may start an export again. */
  exportLeaseSeconds: 120,
  /** Hours for which the file of an export is kept. */
  exportKeptHours: 168,
  /** Bytes of the query of a finished export that are kept. */
  exportTaskBytesMax: 16_384,
  /** Exports of one caller that are kept, finished or not. */
  exportsKeptMax: 2_000,
  /** Bytes of the files of one caller's exports; above it no further export is started. */
  exportBytesMax: 107_374_182_400,
  /** Records of a dataset that one response streams. */
  streamedRecordsMax: 100_000,
  /** Grants that one call reads. */
  grantsReadMax: 20_000,
  /** Related records that are returned with one page. */
  relatedRowsMax: 100_000,
  /** Paths along relations that the outputs or a condition of one request may name. */
  relationsNamedMax: 20,
  /** Relations in one path. */
  relationDepthMax: 10,
  /** Records that one insert may create, including children. */
  insertedRecordsMax: 20_000,
  /** Resources to which a deletion may cascade: below what is deleted, or along relations. */
  cascadedRecordsMax: 20_000,
  /** Links between records that one write creates, ends or follows. */
  linksTouchedMax: 20_000,
  /** Characters of one parameter of a dataset call. */
  parameterLengthMax: 100_000,
  /** Requests in one bulk request. */
  bulkRequestsMax: 100,
  /** Values that one call generates. */
  generatedMax: 1_000,
  /** Hours for which the response of a task is kept. */
  taskHours: 24,
  /** Seconds after which the work of a task counts as interrupted. */
  taskSecondsMax: 120,
  /** Tasks of one caller that are kept. */
  tasksKeptMax: 1_000,
  /** Bytes of their responses. */
  taskBytesMax: 268_435_456,
  /** Bytes of a source specification as JSON. */
  specBytesMax: 800_000,
  /** Resources of a source specification, including what its processing makes. */
  sourceResourcesMax: 50,
  /** Characters of the name of a dataset, a resource or a zip file. */
  sourceNameLengthMax: 128,
  /** Errors, and lines of a log, that are kept of one event: the last ones. */
  eventLinesMax: 100,
  /** Characters that are kept of each of these. */
  eventLineLengthMax: 1_000,
  /** Bytes of the statistics of one event. */
  eventStatsBytesMax: 16_384,
  /** Bytes of a source. */
  sourceBytesMax: 104_857_600,
  /** Seconds that the download of a source may take. */
  sourceFetchSeconds: 300,
  /** Redirects that are followed when a source is downloaded. */
  sourceRedirectsMax: 3,
  /** Bytes of one row of a source's table. */
  sourceRowBytesMax: 1_048_576,
  /** Rows of a preview. */
  sourcePreviewRowsMax: 1_000,
  /** Reported errors of a table. */
  sourceFaultsMax: 20,
  /** Statements after which a run leaves the rest to the next: D1 takes 1,000 per invocation. */
  sourceStatementsMax: 600,
  /** Datasets that get a new revision in one run of the Cron Trigger. */
  sourceRevisionsAtOnce: 12,
  /** Seconds without a heartbeat after which another runner may continue a dataset's work. */
  sourceLeaseSeconds: 60,
  /** How often the same piece of a pipeline's work is started. */
  sourceAttemptsMax: 5,
  /** Bytes of a password. */
  passwordBytesMax: 1_024,
  /** Failed logins of one account in a row. */
  accountFailuresMax: 10,
  /** Seconds after which one more login of an account may fail. */
  accountFailureSeconds: 30,
  /** Failed logins from one address in a row. */
  addressFailuresMax: 100,
  /** Seconds after which one more login from an address may fail. */
  addressFailureSeconds: 1,
  /** Hours after which a session ends unless it is refreshed. */
  sessionIdleHours: 2,
  /** Days after which a session ends even if it is refreshed. */
  sessionDaysMax: 30,
  /** Sessions of one principal; the oldest ends when one more begins. */
  sessionsMax: 1_000,
  /** Elements on one page of accounts, keys or policies. */
  adminPageMax: 1_000,
  /** Subjects or payload types of a policy. */
  policyListMax: 100,
  /** Policies that are created with a new API key. */
  keyPoliciesMax: 20,
  /** Files in one discovery of a harvest worker. */
  harvestDiscoveredMax: 2_500,
  /** Files in one report of a harvest worker. */
  harvestReportMax: 500,
  /** Files of one discovery when webhooks are called for each. */
  harvestWebhookFilesMax: 500,
  /** Seconds for which the upload URL of a discovered file is valid. */
  harvestUploadSeconds: 21_600,
  /** Seconds without a report from a run's claimant after which another worker may take it over. */
  harvestSilenceSeconds: 900,
  /**
   * Bytes of harvested copies that one report reads at once; the rest is left to the Cron Trigger.
   */
  harvestCheckedBytesMax: 67_108_864,
  /** Seconds after which another job may start to read a harvested copy. */
  objectCheckSeconds: 600,
  /** How often this is started. */
  objectCheckAttemptsMax: 5,
} as const;
