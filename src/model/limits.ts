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
  /** `and`, `or` and `not` on one path of a filter. */
  filterDepthMax: 16,
  /** Leaves of one filter. */
  filterNodesMax: 1_000,
  /** Values of one `in` list. */
  filterListMax: 10_000,
  /** Characters of a regular expression. */
  regexLengthMax: 500,
  /** Instructions of a compiled regular expression: a test costs so much for each character. */
  patternSizeMax: 1_000,
  /** Bytes of a LIKE or GLOB pattern that D1 takes. */
  likePatternBytesMax: 50,
  /** Largest `limit` of a page. */
  pageSizeMax: 5_000,
  /** Page size when the caller names none. */
  pageSizeDefault: 1_000,
  /** Rows that one call may examine where SQL cannot decide the whole condition. */
  residualRowsMax: 250_000,
  /** Columns of a typed projection. */
  projectionColumnsMax: 70,
  /** Times that a write is planned again after a lost race. */
  writeAttemptsMax: 5,
  /** Characters of an Idempotency-Key. */
  idempotencyKeyLengthMax: 255,
  /** Hours for which an Idempotency-Key is remembered. */
  idempotencyHours: 24,
  /** Seconds that a change feed call may wait. */
  changesWaitSecondsMax: 30,
  /** Changes on one page of the feed. */
  changesPageMax: 10_000,
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
  /** Elements on one page of accounts, keys or policies. */
  adminPageMax: 1_000,
  /** Subjects or payload types of a policy. */
  policyListMax: 100,
  /** Policies that come with a new API key. */
  keyPoliciesMax: 20,
} as const;
