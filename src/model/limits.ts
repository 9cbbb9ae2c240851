/** Every bound of the product, in one place. docs/limits.md lists them; a test compares the two. */
export const LIMITS = {
  /** Bytes of a request body, chunked or not (RFC 9110 413 above it). */
  bodyBytesMax: 32 * 1024 * 1024,
  /** Elements of any request collection. */
  batchItemsMax: 10_000,
  /** Faults that one error lists. */
  errorsListedMax: 10_000,
  /** Characters (code points) of an identifier. */
  identifierLengthMax: 256,
  /** Bytes of one resource's payload as JSON: below D1's 2,000,000 bytes per value. */
  payloadBytesMax: 1_900_000,
  /** Nesting of any request body. */
  bodyDepthMax: 64,
  /** Bytes of one JSON parameter of a statement: below D1's 2,000,000 bytes per value. */
  parameterBytesMax: 1_900_000,
  /** Bytes of the stored payloads and sources that one write loads of the resources it names. */
  loadedBytesMax: 32 * 1024 * 1024,
  /** Bytes of the payloads and sources of all versions that one write supersedes. */
  supersededBytesMax: 64 * 1024 * 1024,
  /** `and`, `or` and `not` on one path of a filter. */
  filterDepthMax: 16,
  /** Bytes that an update by a query may put into one document, of which less may stay. */
  patchAddedBytesMax: 4_000_000,
  /** Elements of arrays that an update by a query copies, and eight times the bytes that it puts somewhere. */
  patchWorkMax: 256_000_000,
  /** Leaves of one filter. */
  filterNodesMax: 1_000,
  /** Values of one `in` list. */
  filterListMax: 10_000,
  /** Characters of a regular expression. */
  regexLengthMax: 500,
  /** Instructions of a compiled regular expression: a test costs so much for each character. */
  patternSizeMax: 1_000,
  /** Instructions of all regular expressions of one filter. */
  filterPatternsMax: 10_000,
  /** Bytes of a LIKE or GLOB pattern that D1 takes. */
  likePatternBytesMax: 50,
  /** Largest `limit` of a page. */
  pageSizeMax: 5_000,
  /** Page size when the caller names none. */
  pageSizeDefault: 1_000,
  /**
   * Bytes of payloads and lists on one page of an answer, and in one answer of the database: several
   * times as much is in an isolate's memory while a page is made. One row may be larger.
   */
  pageBytesMax: 8 * 1024 * 1024,
  /** Rows that one request tests one by one where SQL cannot decide the whole condition. */
  residualRowsMax: 150_000,
  /** Comparisons that one request makes within documents: elements times conditions or rules. */
  comparisonsMax: 25_000_000,
  /** Rows that the database reads for one request before nothing more is begun. */
  requestRowsMax: 3_000_000,
  /** Milliseconds that the database works for one request before nothing more is begun. */
  requestMillisMax: 15_000,
  /** The same for streams, exports and jobs, whose pages others get their turn between. */
  workMillisMax: 120_000,
  /** Statements of one request: D1 takes 1,000 of an invocation, and some have to follow an answer. */
  requestStatementsMax: 900,
  /** Statements of an export, or of other work behind an answer. */
  workStatementsMax: 800,
  /** Statements that D1 takes of one invocation. */
  invocationStatementsMax: 1_000,
  /** Calls of one request that are with the database at the same time. */
  callsAtOnceMax: 4,
  /** Levels of the tree below a root. */
  treeDepthMax: 32,
  /** Ancestors that one write looks at, of all parents that it names. */
  ancestorsReadMax: 50_000,
  /** Resources below those that one write moves to a deeper level, these included. */
  resourcesDeepenedMax: 100_000,
  /** Resources that one write makes restricted, or opens, with what lies below them. */
  reclassifiedMax: 50_000,
  /** Sources (`derived_from`) that one write names and replaces, each as often as it is named. */
  sourcesTouchedMax: 100_000,
  /** Derivations that one write looks at, to find out whether something is derived from itself. */
  derivationsReadMax: 20_000,
  /** Columns of a typed projection. */
  projectionColumnsMax: 70,
  /** Times that a write is planned again after a lost race. */
  writeAttemptsMax: 5,
  /** Characters of an Idempotency-Key. */
  idempotencyKeyLengthMax: 255,
  /** Characters of the reason of a write. */
  reasonLengthMax: 1_024,
  /** Hours for which an Idempotency-Key is remembered. */
  idempotencyHours: 24,
  /** Idempotency-Keys of one caller that are remembered at a time. */
  idempotencyKeysMax: 1_000_000,
  /** Bytes of what was answered under them. */
  idempotencyBytesMax: 268_435_456,
  /** Milliseconds that an `as_of` may lie ahead of the database's clock: so long a read waits. */
  asOfAheadMillisMax: 2_000,
  /** Seconds that a change feed call may wait. */
  changesWaitSecondsMax: 30,
  /** Changes on one page of the feed. */
  changesPageMax: 10_000,
  /** Changes that one call of the feed passes over, hidden ones included, before its page ends. */
  changesExaminedMax: 100_000,
  /** Seconds for which a signed address of an object may be good. */
  addressSecondsMax: 604_800,
  /** Seconds for which it is good when the caller names none. */
  addressSecondsDefault: 900,
  /** Addresses of one presign call. */
  addressesMax: 1_000,
  /** Bytes of an object's key (R2). */
  objectKeyBytesMax: 1_024,
  /** Bytes of an object that is uploaded in one piece (R2: 4.995 GiB). */
  uploadBytesMax: 5_363_000_000,
  /** Uploads of one caller that nobody has finished. */
  uploadsOpenMax: 100_000,
  /** Bytes of an object that `finalize` still hashes. */
  hashedBytesMax: 2_147_483_648,
  /** Rows of one page of a Parquet preview. */
  previewRowsMax: 10_000,
  /** Bytes of a Parquet file's footer that a preview reads. */
  previewFooterBytesMax: 8_388_608,
  /** Bytes of the row groups that one preview reads, as they lie in the file. */
  previewReadBytesMax: 33_554_432,
  /** Bytes that these may decompress to. */
  previewDecompressedBytesMax: 67_108_864,
  /** Values that these may hold. */
  previewValuesMax: 4_000_000,
  /** Characters of one preview's answer. */
  previewAnswerMax: 8_388_608,
  /**
   * Bytes of payloads and lists on one page of a file that is made of a query: of two such pages, and
   * what is made of one, an isolate holds several copies.
   */
  exportPageBytesMax: 4 * 1024 * 1024,
  /** Exports of one caller that have not ended. */
  exportsOpenMax: 10,
  /** Times that an export is begun. */
  exportAttemptsMax: 3,
  /** Seconds without a sign of life after which another may begin an export anew. */
  exportLeaseSeconds: 120,
  /** Hours for which the file of an export is kept. */
  exportKeptHours: 168,
  /** Bytes of the query of an export that are kept when it has ended. */
  exportTaskBytesMax: 16_384,
  /** Exports of one caller, ended or not, that are kept. */
  exportsKeptMax: 2_000,
  /** Bytes of the files of one caller's exports, above which no further one is begun. */
  exportBytesMax: 107_374_182_400,
  /** Records of a dataset that one answer streams. */
  streamedRecordsMax: 100_000,
  /** Grants that one call reads. */
  grantsReadMax: 20_000,
  /** Related records that come along with one page. */
  relatedRowsMax: 100_000,
  /** Ways along relations that the outputs or a condition of one request may name. */
  relationsNamedMax: 20,
  /** Relations one behind the other in a name. */
  relationDepthMax: 10,
  /** Records that one insert may make, children included. */
  insertedRecordsMax: 20_000,
  /** Resources that a deletion may go on to: below what is deleted, or along relations. */
  cascadedRecordsMax: 20_000,
  /** Links between records that one write opens, closes or goes by. */
  linksTouchedMax: 20_000,
  /** Characters of one parameter of a dataset call. */
  parameterLengthMax: 100_000,
  /** Requests in one bulk request. */
  bulkRequestsMax: 100,
  /** Values that one call generates. */
  generatedMax: 1_000,
  /** Hours for which the answer of a task is kept. */
  taskHours: 24,
  /** Seconds after which the work of a task is known to have been stopped. */
  taskSecondsMax: 120,
  /** Tasks of one caller that are kept. */
  tasksKeptMax: 1_000,
  /** Bytes of their answers. */
  taskBytesMax: 268_435_456,
  /** Bytes of a source specification as JSON. */
  specBytesMax: 800_000,
  /** Resources of a source specification, with what its processing makes. */
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
  /** Seconds that a source may take to arrive. */
  sourceFetchSeconds: 300,
  /** Redirects that are followed on the way to a source. */
  sourceRedirectsMax: 3,
  /** Bytes of one row of a source's table. */
  sourceRowBytesMax: 1_048_576,
  /** Rows of a preview. */
  sourcePreviewRowsMax: 1_000,
  /** Faults of a table that are told. */
  sourceFaultsMax: 20,
  /** Statements after which a run leaves the rest to the next: D1 takes 1,000 of an invocation. */
  sourceStatementsMax: 600,
  /** Datasets of which one turn of the clock makes a revision. */
  sourceRevisionsAtOnce: 12,
  /** Seconds without a sign of life after which another may go on with a dataset's work. */
  sourceLeaseSeconds: 60,
  /** Times that the same piece of a pipeline's work is begun. */
  sourceAttemptsMax: 5,
  /** Bytes of a password. */
  passwordBytesMax: 1_024,
  /** Logins of one account that may fail at once. */
  accountFailuresMax: 10,
  /** Seconds after which one more login of an account may fail. */
  accountFailureSeconds: 30,
  /** Logins from one address that may fail at once. */
  addressFailuresMax: 100,
  /** Seconds after which one more login from an address may fail. */
  addressFailureSeconds: 1,
  /** Hours after which a session ends that is not refreshed. */
  sessionIdleHours: 2,
  /** Days after which a session ends, however often it is refreshed. */
  sessionDaysMax: 30,
  /** Sessions of one principal; the oldest ends when there is one more. */
  sessionsMax: 1_000,
  /** Elements on one page of accounts, keys or policies. */
  adminPageMax: 1_000,
  /** Subjects or payload types of a policy. */
  policyListMax: 100,
  /** Policies that come with a new API key. */
  keyPoliciesMax: 20,
  /** Files that a harvest worker tells of at once. */
  harvestDiscoveredMax: 2_500,
  /** Files in one report of a harvest worker. */
  harvestReportMax: 500,
  /** Files of one discovery where webhooks are asked about each. */
  harvestAskedMax: 500,
  /** Seconds for which the upload URL of a discovered file is good. */
  harvestUploadSeconds: 21_600,
  /** Seconds without a word of who claimed a run after which another may take it. */
  harvestSilenceSeconds: 900,
  /** Bytes of harvested copies that one report has read through at once; the rest waits for the clock. */
  harvestCheckedBytesMax: 67_108_864,
  /** Seconds after which another may begin to read a harvested copy through. */
  objectCheckSeconds: 600,
  /** Times that this is begun. */
  objectCheckAttemptsMax: 5,
} as const;
